#include "app/twins.hpp"

#include "base/text.hpp"
#include "store/activity.hpp"
#include "store/recipients.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace mailfunnel {

namespace {

constexpr std::size_t k_least_recipients = 20; // fewer are the same by chance, or a test
constexpr double k_same_recipients = 0.9;      // of the smaller one

std::optional<Seconds> time_of(const StoredCampaign& campaign) {
  return campaign.campaign.sent_at ? campaign.campaign.sent_at : campaign.first_event;
}

bool same_day(const StoredCampaign& a, const StoredCampaign& b) {
  const auto x = time_of(a), y = time_of(b);
  return x && y && std::abs(*x - *y) < k_day;
}

/// What both are called; "" where they have nothing in common. A file's id may be a title.
std::string_view same_title(const Campaign& file, const Campaign& api) {
  const auto is_of_api = [&](std::string_view text) {
    return !text.empty() && (iequals(trim(text), trim(api.name)) ||
                             iequals(trim(text), trim(api.subject)) || text == api.id);
  };
  return is_of_api(file.name)      ? "same name"
         : is_of_api(file.subject) ? "same subject"
         : is_of_api(file.id)      ? "same name"
                                   : "";
}

std::set<RecipientId> recipients_of(Store& store, CampaignId campaign) {
  std::set<RecipientId> people;
  Activity activity(store.database());
  EventColumns columns;
  for (std::uint64_t chunk = 0; chunk << k_chunk_bits < Recipients(store.database()).count();
       ++chunk) {
    for (const auto kind : {EventKind::sent, EventKind::delivered, EventKind::bounce,
                            EventKind::open, EventKind::click}) {
      columns.clear();
      activity.load_set(static_cast<std::uint32_t>(chunk), campaign, kind, columns);
      for (const auto recipient : columns.recipient) {
        people.insert(static_cast<RecipientId>(chunk << k_chunk_bits | recipient));
      }
    }
  }
  return people;
}

bool same_recipients(Store& store, const StoredCampaign& a, const StoredCampaign& b) {
  auto few = recipients_of(store, a.id), many = recipients_of(store, b.id);
  if (few.size() > many.size()) {
    few.swap(many);
  }
  const auto common = std::count_if(few.begin(), few.end(),
                                    [&](RecipientId person) { return many.contains(person); });
  return few.size() >= k_least_recipients &&
         static_cast<double>(common) >= k_same_recipients * static_cast<double>(few.size());
}

std::string shell_word(const std::string& text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("-_./:@+").find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (plain) {
    return text;
  }
  std::string out = "'";
  for (const char c : text) {
    out += c == '\'' ? "'\\''" : std::string(1, c);
  }
  return out + "'";
}

} // namespace

std::string merge_command(const Twins& twins) {
  return fmt::format("mailfunnel campaigns merge {} {}", shell_word(twins.by_file),
                     shell_word(twins.by_api));
}

std::vector<Twins> probable_twins(Store& store) {
  Catalog catalog(store.database());
  std::map<std::uint32_t, std::string> accounts;
  for (const auto& account : catalog.accounts()) {
    accounts[account.id] = account.name;
  }
  const auto rows = catalog.campaigns();
  std::vector<Twins> out;
  for (const auto& file : rows) {
    for (const auto& api : rows) {
      if (file.sources != k_from_file || api.sources != k_from_api || file.account != api.account ||
          file.campaign.id.empty() || !same_day(file, api)) {
        continue;
      }
      const auto title = same_title(file.campaign, api.campaign);
      if (!title.empty() || same_recipients(store, file, api)) {
        out.push_back({accounts[file.account], file.campaign.id, api.campaign.id,
                       fmt::format("{}, same day", title.empty() ? "same recipients" : title)});
      }
    }
  }
  return out;
}

TwinGuard::TwinGuard(RecordSink& to, Store& store, const std::string& account, bool allowed)
    : m_to(to), m_account(account), m_allowed(allowed) {
  Catalog catalog(store.database());
  std::uint32_t number = 0;
  for (const auto& stored : catalog.accounts()) {
    number = stored.name == account ? stored.id : number;
  }
  std::vector<StoredCampaign> waiting; // described by the API, without events yet
  for (auto& row : catalog.campaigns()) {
    if (row.account != number) {
      continue;
    }
    m_known.insert(row.others.begin(), row.others.end());
    if (!row.others.empty() || (row.first_event && row.sources != k_from_file)) {
      m_known.insert(row.campaign.id);
    } else if (row.first_event) {
      m_by_file.push_back(std::move(row));
    } else if (row.sources == k_from_api) {
      waiting.push_back(std::move(row));
    }
  }
  for (const auto& row : waiting) {
    look(row);
  }
}

void TwinGuard::look(const StoredCampaign& campaign) {
  const auto& id = campaign.campaign.id;
  if (m_allowed || m_known.contains(id) || m_held.contains(id)) {
    return;
  }
  for (const auto& file : m_by_file) {
    const auto title = same_title(file.campaign, campaign.campaign);
    if (file.campaign.id != id && !title.empty() && same_day(file, campaign)) {
      m_held.emplace(id, Twins{m_account, file.campaign.id, id, std::string(title) + ", same day"});
    }
  }
}

void TwinGuard::accept(const EventView& event) {
  if (!m_held.empty() && holds(event.campaign)) {
    m_met = true;
    return;
  }
  m_to.accept(event);
}

void TwinGuard::accept(const Campaign& campaign, std::string_view record) {
  // The API knows it under the file's own id: it is no other.
  const auto same = [&](const StoredCampaign& file) { return file.campaign.id == campaign.id; };
  if (std::erase_if(m_by_file, same) != 0) {
    std::erase_if(m_held, [&](const auto& held) { return held.second.by_file == campaign.id; });
  }
  if (!m_by_file.empty()) {
    StoredCampaign row;
    row.campaign = campaign;
    look(row);
  }
  m_to.accept(campaign, record);
}

std::vector<Twins> TwinGuard::found() const {
  std::vector<Twins> out;
  for (const auto& [id, twins] : m_held) {
    out.push_back(twins);
  }
  return out;
}

} // namespace mailfunnel
