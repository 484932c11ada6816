// Which file of a tracking extract it is, and in which order its dates are: the culture of the
// account decides, and only the United States' is documented.
//   5/11/2026 2:29:41 AM   13/05/2026 14:29:41   2026-05-11 14:29:41

#include "readers.hpp"

#include "base/text.hpp"

#include <array>

namespace mailfunnel::sfmc {

namespace {

constexpr unsigned k_most_months = 12;
constexpr std::array k_date_columns{"EventDate", "SentTime", "DateCreated"};

/// The number at the front, cut off with the '/' behind it; 0: none.
unsigned take_number(std::string_view& text) {
  unsigned value = 0;
  std::size_t used = 0;
  while (used < text.size() && used < 2 && is_digit(text[used])) {
    value = value * 10 + static_cast<unsigned>(text[used++] - '0');
  }
  const bool slash = used != 0 && used < text.size() && text[used] == '/';
  text.remove_prefix(slash ? used + 1 : text.size());
  return slash ? value : 0;
}

/// What one date tells of the order.
DateOrder order_of(std::string_view date) {
  auto rest = trim(date);
  const auto first = take_number(rest), second = take_number(rest);
  return first > k_most_months    ? DateOrder::day_first
         : second > k_most_months ? DateOrder::month_first
                                  : DateOrder::unknown;
}

/// What the first dates tell; where none does, AM and PM are taken for the United States'.
DateOrder order_in(std::string_view head, const CsvHead& csv) {
  std::size_t column = 0;
  for (const auto* const name : k_date_columns) {
    if (const auto found = csv.header.find(name)) {
      column = *found;
      break;
    }
  }
  CsvReader rows(csv.dialect);
  rows.start(head);
  CsvRow row;
  rows.next(row); // the header
  auto guess = DateOrder::unknown;
  while (rows.next(row)) {
    if (const auto order = order_of(row[column]); order != DateOrder::unknown) {
      return order;
    }
    const bool halves = icontains(row[column], " AM") || icontains(row[column], " PM");
    guess = halves ? DateOrder::month_first : guess;
  }
  return guess;
}

} // namespace

std::unique_ptr<LogReader> open_extract(std::string_view head, const LogContext& context) {
  const auto csv = read_csv_head(head);
  if (!csv || !(csv->header.has("SubscriberKey") || csv->header.has("JobStatus"))) {
    return nullptr;
  }
  const auto order = order_in(head, *csv);
  for (auto* const rows : {event_rows, job_rows, subscriber_rows}) {
    if (auto reader = open_table(head, rows(order), context)) {
      return reader;
    }
  }
  return nullptr;
}

} // namespace mailfunnel::sfmc
