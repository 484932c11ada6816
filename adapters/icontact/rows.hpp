#pragma once
// The lists that iContact's answers hold, and how a record of each is read.

#include "adapter/row.hpp"

#include <span>
#include <string_view>

namespace mailfunnel::icontact {

struct List {
  std::string_view name;    // "clicks", of the list
  std::string_view element; // "click", of a record in XML
  std::string_view mark;    // a field of every record, which only this list has
  bool of_one_mailing;      // records do not name it
  const RowFormat& rows;
};
extern const std::span<const List> k_lists;

} // namespace mailfunnel::icontact
