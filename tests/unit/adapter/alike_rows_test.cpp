#include "adapter/alike_rows.hpp"

#include "support/padded.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <random>
#include <set>
#include <string>
#include <vector>

namespace mailfunnel {
namespace {

/// What AlikeRows finds for each row of a table, "" where it finds nothing: the campaign of the
/// event, which add() is told as the number of the row, and the address.
std::vector<std::string> found(AlikeRows& alike, std::string_view text, std::size_t address) {
  const Padded padded(text);
  CsvReader rows;
  CsvRow row;
  std::vector<std::string> out;
  rows.start(padded.text());
  alike.clear();
  std::vector<std::string> names(10'000);
  while (rows.next(row)) {
    const auto* const known = alike.find(row);
    if (known != nullptr) {
      CHECK_EQ(known->record.data(), row.raw().data());
      CHECK_NE(known->alike, 0);
      out.push_back(fmt::format("{} {}", known->campaign, known->address));
    } else {
      EventView event;
      auto& name = names[out.size()];
      name = std::to_string(out.size());
      event.campaign = name;
      event.address = row.bare(address);
      alike.add(event);
      out.emplace_back();
    }
  }
  return out;
}

using Found = std::vector<std::string>;

TEST_CASE("rows are alike that differ in the address alone, wherever it stands") {
  AlikeRows front(0, 1, 2);
  CHECK_EQ(found(front, "ann,7,sent,x\nbo,7,sent,y\nbo,7,delivered,\ncleo,7,sent,z\n", 0),
           Found{"", "0 bo", "", "0 cleo"});
  AlikeRows middle(1, 0, 2);
  CHECK_EQ(found(middle, "7,ann,sent,\n7,bo,sent,\n8,bo,sent,\n7,bo,send,\n7,c,send,\n", 1),
           Found{"", "0 bo", "", "", "3 c"});
  AlikeRows back(2, 0, 1);
  CHECK_EQ(found(back, "7,sent,ann,\n7,sent,bo,\n77,sen,bo,\n77,sen,c,\n", 2),
           Found{"", "0 bo", "", "2 c"});
  // What stands before the first column that is read, or behind the last, is nobody's concern.
  AlikeRows within(2, 1, 3);
  CHECK_EQ(found(within, "1,7,ann,sent,a\n2,7,bo,sent,b\n3,7,,sent,c\n4,7,d,sent,\n", 2),
           Found{"", "0 bo", "", "2 d"});
}

TEST_CASE("a row that says nothing is like no row before there was one") {
  AlikeRows alike(1, 0, 2);
  CHECK_EQ(found(alike, ",ann,,\n,bo,,\n", 1), Found{"", "0 bo"});
}

TEST_CASE("a letter anywhere tells two rows apart, however long they are") {
  for (std::size_t size = 1; size < 70; ++size) {
    const std::string same(size, 'a');
    for (std::size_t at = 0; at < size; ++at) {
      auto other = same;
      other[at] = 'b';
      AlikeRows alike(0, 1, 1);
      CHECK_EQ(found(alike, fmt::format("x,{},\ny,{},\nz,{},\n", same, same, other), 0),
               Found{"", "0 y", ""});
    }
  }
}

TEST_CASE("what is known is what the last such row said, and only of this chunk") {
  std::mt19937 random(3);
  AlikeRows alike(0, 1, 1);
  for (int chunk = 0; chunk < 3; ++chunk) {
    std::string text;
    std::vector<std::string> words;
    for (int row = 0; row < 1000; ++row) { // of forty kinds, of a few sizes
      const auto kind = random() % 40;
      words.push_back(std::string(kind % 5 + 1, static_cast<char>('a' + kind / 5)));
      text += fmt::format("p{},{},\n", row, words.back());
    }
    const auto all = found(alike, text, 0);
    std::set<std::string> seen;
    std::size_t hits = 0;
    for (std::size_t row = 0; row < all.size(); ++row) {
      if (!all[row].empty()) {
        ++hits;
        const auto first = std::stoul(all[row]);
        CHECK_LT(first, row);
        CHECK_EQ(words[first], words[row]);
      }
      CHECK((all[row].empty() || seen.contains(words[row])));
      seen.insert(words[row]);
    }
    CHECK_GT(hits, 20);
  }
}

TEST_CASE("a log that says something else in each row is soon read without") {
  std::string text;
  for (int row = 0; row < 5000; ++row) {
    text += fmt::format("p,{},\n", row);
  }
  text += "p,4999,\n";
  AlikeRows alike(0, 1, 1);
  CHECK_EQ(found(alike, text, 0).back(), "");
  CHECK_EQ(found(alike, "p,1,\nq,1,\n", 0).back(), "0 q"); // the next chunk is tried anew
}

} // namespace
} // namespace mailfunnel
