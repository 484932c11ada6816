#include "app/pieces_in_order.hpp"

#include "base/parallel.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace mailfunnel {
namespace {

TEST_CASE(
    "pieces come out one after the other, whoever makes them and however slowly they are put") {
  for (const auto threads : {1U, 2U, 5U}) {
    CAPTURE(threads);
    PiecesInOrder<std::string> pieces;
    std::string text, expected;
    for (std::size_t i = 0; i < 2000; ++i) {
      expected += std::to_string(i) + '\n';
    }
    // The putting thread gives its turn away, so that the others come to where they have to wait.
    parallel_for(2000, threads, [&](std::size_t i, unsigned) {
      pieces.add(i, std::to_string(i) + '\n', [&](std::string_view piece) {
        std::this_thread::yield();
        text += piece;
      });
    });
    CHECK(text == expected);
  }
}

TEST_CASE("a piece that can't be put: its failure comes out, nothing more is put, nobody waits for "
          "ever") {
  PiecesInOrder<std::string> pieces;
  std::size_t put = 0;
  CHECK_THROWS_WITH_AS(parallel_for(2000, 4,
                                    [&](std::size_t i, unsigned) {
                                      pieces.add(i, "piece", [&](std::string_view) {
                                        if (++put == 10) {
                                          throw std::runtime_error("full");
                                        }
                                      });
                                    }),
                       "full", std::runtime_error);
  CHECK_EQ(put, 10);
}

} // namespace
} // namespace mailfunnel
