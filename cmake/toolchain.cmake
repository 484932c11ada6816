# Compiler, linker and warnings: the same for every target of ours.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()
find_package(Threads REQUIRED)

add_library(mf_options INTERFACE)
target_compile_options(mf_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Wold-style-cast
  -Woverloaded-virtual -Wcast-align -Wunused -Wnull-dereference -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 sees dangers in its own inlined standard library.
  target_compile_options(mf_options INTERFACE -Wno-null-dereference -Wno-maybe-uninitialized -Wno-stringop-overflow
    -Wno-array-bounds -Wno-restrict -Wno-dangling-pointer)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  # Structs of some hundred bytes are cleared and copied by vector moves: the string instructions that GCC takes for
  # these need some 15 ns to begin, a third of what a record may cost.
  target_compile_options(mf_options INTERFACE -mmemset-strategy=vector_loop:1024:noalign,libcall:-1:noalign
    -mmemcpy-strategy=vector_loop:1024:noalign,libcall:-1:noalign)
endif()
target_link_libraries(mf_options INTERFACE Threads::Threads)
if(MAILFUNNEL_SANITIZE)
  target_compile_options(mf_options INTERFACE -fsanitize=${MAILFUNNEL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(mf_options INTERFACE -fsanitize=${MAILFUNNEL_SANITIZE})
  if(MAILFUNNEL_SANITIZE MATCHES thread AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(mf_options INTERFACE -Wno-tsan) # Asio's fences, which it does not follow
  endif()
endif()
if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O3 -g1 -DNDEBUG")
endif()
