#pragma once
// GMime, and of GLib what goes with it, loaded when the first mail is read. Only for mail*.cpp.

#include "base/lazy_library.hpp"

#include <gmime/gmime.h>

namespace mailfunnel {

struct Gmime : LazyLibrary {
  Gmime() : LazyLibrary("libgmime-3.0.so.0", "libgmime-3.0-0") { g_mime_init(); }

  MF_LAZY_FUNCTION(g_free);
  MF_LAZY_FUNCTION(g_object_unref);
  MF_LAZY_FUNCTION(g_type_check_instance_is_a);
  MF_LAZY_FUNCTION(g_date_time_to_unix);
  MF_LAZY_FUNCTION(g_date_time_get_utc_offset);
  MF_LAZY_FUNCTION(g_date_time_unref);
  MF_LAZY_FUNCTION(g_mime_init);
  MF_LAZY_FUNCTION(g_mime_content_type_get_media_subtype);
  MF_LAZY_FUNCTION(g_mime_content_type_get_media_type);
  MF_LAZY_FUNCTION(g_mime_data_wrapper_write_to_stream);
  MF_LAZY_FUNCTION(g_mime_header_get_name);
  MF_LAZY_FUNCTION(g_mime_header_get_value);
  MF_LAZY_FUNCTION(g_mime_header_list_get_count);
  MF_LAZY_FUNCTION(g_mime_header_list_get_header_at);
  MF_LAZY_FUNCTION(g_mime_message_get_mime_part);
  MF_LAZY_FUNCTION(g_mime_message_part_get_message);
  MF_LAZY_FUNCTION(g_mime_message_part_get_type);
  MF_LAZY_FUNCTION(g_mime_multipart_get_count);
  MF_LAZY_FUNCTION(g_mime_multipart_get_part);
  MF_LAZY_FUNCTION(g_mime_multipart_get_prologue);
  MF_LAZY_FUNCTION(g_mime_multipart_get_type);
  MF_LAZY_FUNCTION(g_mime_object_get_content_type);
  MF_LAZY_FUNCTION(g_mime_object_get_content_type_parameter);
  MF_LAZY_FUNCTION(g_mime_object_get_header_list);
  MF_LAZY_FUNCTION(g_mime_parser_construct_message);
  MF_LAZY_FUNCTION(g_mime_parser_new_with_stream);
  MF_LAZY_FUNCTION(g_mime_part_get_content);
  MF_LAZY_FUNCTION(g_mime_part_get_type);
  MF_LAZY_FUNCTION(g_mime_part_is_attachment);
  MF_LAZY_FUNCTION(g_mime_stream_mem_get_byte_array);
  MF_LAZY_FUNCTION(g_mime_stream_mem_new);
  MF_LAZY_FUNCTION(g_mime_stream_mem_new_with_buffer);
  MF_LAZY_FUNCTION(g_mime_text_part_get_text);
  MF_LAZY_FUNCTION(g_mime_text_part_get_type);
  MF_LAZY_FUNCTION(g_mime_utils_header_decode_date);

  /// GMIME_IS_PART(object) and its like: `type` is g_mime_part_get_type.
  bool is(void* object, GType (*type)()) const {
    return g_type_check_instance_is_a(static_cast<GTypeInstance*>(object), type()) != 0;
  }
};

/// GMIME_PART(object) and its like, which would ask GLib first; is() has said so before.
template<typename To, typename From> To* as(From* object) {
  return reinterpret_cast<To*>(object);
}

inline const Gmime& gmime() {
  static const Gmime s_gmime;
  return s_gmime;
}

} // namespace mailfunnel
