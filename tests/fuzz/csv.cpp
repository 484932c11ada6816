// Tables: CSV, TSV and their like of every adapter, profiles of the config, lists of contacts.

#include "fuzz/target.hpp"

bool mailfunnel::fuzz::run(std::string_view text) {
  return read(Family::csv, text);
}
