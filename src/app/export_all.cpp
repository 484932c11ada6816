#include "app/export_all.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "ingest/session.hpp"
#include "model/recipient.hpp"
#include "store/catalog.hpp"
#include "store/damage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace mailfunnel {

namespace {

struct ExportRow {
  std::uint32_t rank;     // of the address
  std::uint32_t campaign; // index by canonical order
  EventKind kind;
  EventRow row;
};

/// Campaigns in canonical order, with what an event says of them.
struct Names {
  std::vector<StoredCampaign> campaigns;
  std::vector<std::string> accounts; // by index of campaign
  std::map<std::uint32_t, std::string> account_names;
  std::unordered_map<CampaignId, std::uint32_t> order;
  std::map<CampaignId, std::unordered_map<LinkNumber, std::string>> urls;

  explicit Names(Database& database) {
    Catalog catalog(database);
    auto& names = account_names;
    for (const auto& account : catalog.accounts()) {
      names[account.id] = account.name;
    }
    campaigns = catalog.campaigns();
    std::sort(campaigns.begin(), campaigns.end(), [&](const auto& a, const auto& b) {
      return std::tie(a.campaign.id, a.campaign.send, names[a.account]) <
             std::tie(b.campaign.id, b.campaign.send, names[b.account]);
    });
    for (std::uint32_t i = 0; i < campaigns.size(); ++i) {
      order[campaigns[i].id] = i;
      accounts.push_back(names[campaigns[i].account]);
    }
    for (const auto& [campaign, links] : catalog.all_links()) {
      for (const auto& link : links) {
        urls[campaign][link.number] = link.url;
      }
    }
  }

  /// A contact key with its account's name in place of the number, which hangs on the order of
  /// imports.
  std::string contact_name(std::string_view key) const {
    const auto split = key.find('\x1f', 1);
    const auto number = parse_int(key.substr(1, split - 1));
    const auto known = account_names.find(static_cast<std::uint32_t>(number.value_or(0)));
    return "\x1f" + (known == account_names.end() ? std::string() : known->second) +
           std::string(key.substr(split));
  }

  const std::string& url(std::uint32_t campaign, LinkNumber number) const {
    static const std::string k_none;
    const auto of_campaign = urls.find(campaigns[campaign].id);
    if (of_campaign == urls.end()) {
      return k_none;
    }
    const auto link = of_campaign->second.find(number);
    return link == of_campaign->second.end() ? k_none : link->second;
  }
};

class EventWriter {
public:
  EventWriter(Database& database, const Names& names, const Write& write)
      : m_catalog(database), m_names(names), m_write(write) {}

  void put(const ExportRow& event, std::string_view address, std::string_view contact) {
    const auto& campaign = m_names.campaigns[event.campaign].campaign;
    m_out += fmt::format("{{\"kind\":\"{}\",\"account\":", name_of(event.kind));
    append_json_string(m_out, m_names.accounts[event.campaign]);
    field("address", address);
    field("contact_id", contact);
    m_out += ",\"time\":\"" + format_time(event.row.time) + "\"";
    if (!campaign.id.empty()) {
      field("campaign", campaign.id);
      field("send", campaign.send);
    }
    if (event.row.link != 0) {
      field("link", m_names.url(event.campaign, event.row.link));
    }
    details(event);
    m_out += "}\n";
    if (m_out.size() > (1U << 20)) {
      flush();
    }
  }

  void flush() {
    m_write(m_out);
    m_out.clear();
  }

private:
  void field(std::string_view name, std::string_view value) {
    if (!value.empty()) {
      m_out += fmt::format(",\"{}\":", name);
      append_json_string(m_out, value);
    }
  }

  void details(const ExportRow& event) {
    const auto& row = event.row;
    if (is_bounce_like(event.kind)) {
      m_out += ",\"bounce\":{\"reason\":\"" + std::string(name_of(bounce_reason_of(row.evidence))) +
               "\"";
      if (const auto klass = bounce_class_of(row.evidence); klass != BounceClass::none) {
        m_out += ",\"class\":\"" + std::string(name_of(klass)) + "\"";
      }
      if (row.extra != 0) {
        m_out += ",\"status\":\"" + unpack_status(row.extra) + "\"";
      }
      m_out += "}";
      return;
    }
    if (event.kind == EventKind::unsubscribe || event.kind == EventKind::resubscribe) {
      if (row.extra != 0) {
        field(event.kind == EventKind::unsubscribe ? "scope" : "proof", m_catalog.word(row.extra));
      }
    }
    bool first = true;
    for (const auto& [bit, name] : k_evidence_names) {
      if ((row.evidence & bit) != 0) {
        m_out += fmt::format("{}\"{}\"", first ? ",\"evidence\":[" : ",", name);
        first = false;
      }
    }
    m_out += first ? "" : "]";
    if (event.kind == EventKind::click) {
      if (row.extra != 0) {
        m_out += fmt::format(",\"network\":{}", row.extra);
      }
      if (row.system != 0) {
        m_out += fmt::format(",\"system\":{}", row.system);
      }
    }
  }

  Catalog m_catalog;
  const Names& m_names;
  const Write& m_write;
  std::string m_out;
};

} // namespace

std::uint64_t export_events(Store& store, const Workspace& workspace, const Write& write) {
  fold_inbox(store, workspace.threads);
  auto& database = store.database();
  const ReadTransaction moment(database); // who comes in meanwhile has no place in what follows
  Recipients recipients(database);
  const auto count = recipients.count();
  const Names catalog(database);
  // The canonical name of each, whatever came first: the smallest address, else the smallest
  // (account, contact id), written as \x1f account \x1f id.
  std::vector<std::string> names(count);
  const auto call = [&names](RecipientId number, const std::string& candidate) {
    auto& known = names[number];
    const bool contact = is_contact_key(candidate);
    if (!candidate.empty() && (known.empty() || (is_contact_key(known) && !contact) ||
                               (is_contact_key(known) == contact && candidate < known))) {
      known = candidate;
    }
  };
  for (std::uint32_t block = 0; block << k_recipient_block_bits < count; ++block) {
    each_key(recipients.keys_of_block(block), [&](std::uint32_t index, std::string_view key) {
      const auto number = block << k_recipient_block_bits | index;
      if (number >= count) {
        damaged("the number of recipients");
      }
      call(number, is_contact_key(key) ? catalog.contact_name(key) : std::string(key));
    });
  }
  for (const auto& [number, into] : recipients.merged()) { // its names are that one's
    if (number >= count || into >= count) {
      damaged("who was merged into whom");
    }
    call(into, names[number]);
  }
  std::vector<std::uint32_t> by_name(count), rank(count);
  std::iota(by_name.begin(), by_name.end(), 0U);
  std::sort(by_name.begin(), by_name.end(), [&](auto a, auto b) { return names[a] < names[b]; });
  for (std::uint32_t i = 0; i < count; ++i) {
    rank[by_name[i]] = i;
  }
  Activity activity(database);
  std::uint64_t total = 0, written = 0;
  for (const auto& [set, n] : activity.counts()) {
    total += n;
  }
  // As many passes as it takes for a pass's rows to fit into the memory allowed.
  const auto passes =
      std::max<std::uint64_t>(1, (total * sizeof(ExportRow) * 2 + workspace.memory - 1) /
                                     std::max<std::uint64_t>(workspace.memory, 1));
  EventWriter writer(database, catalog, write);
  const auto chunks = (std::uint64_t{count} + k_chunk_size - 1) >> k_chunk_bits;
  for (std::uint64_t pass = 0; pass < passes; ++pass) {
    const auto first = static_cast<std::uint32_t>(std::uint64_t{count} * pass / passes),
               end = static_cast<std::uint32_t>(std::uint64_t{count} * (pass + 1) / passes);
    std::vector<ExportRow> rows;
    EventColumns columns;
    for (std::uint32_t chunk = 0; chunk < chunks; ++chunk) {
      ChunkActivity sets(database, chunk);
      for (const auto& [campaign, kind] : sets.sets()) {
        sets.read(campaign, kind, columns);
        for (std::size_t i = 0; i < columns.size(); ++i) {
          const auto row = columns.row(i);
          const auto number = chunk << k_chunk_bits | row.recipient;
          if (number >= count) {
            damaged("the number of recipients");
          }
          const auto of = rank[number];
          if (of >= first && of < end) {
            rows.push_back({of, referred(catalog.order, campaign, "activity"), kind, row});
          }
        }
      }
    }
    std::sort(rows.begin(), rows.end(), [&](const ExportRow& a, const ExportRow& b) {
      if (std::tie(a.rank, a.row.time, a.campaign, a.kind) !=
          std::tie(b.rank, b.row.time, b.campaign, b.kind)) {
        return std::tie(a.rank, a.row.time, a.campaign, a.kind) <
               std::tie(b.rank, b.row.time, b.campaign, b.kind);
      }
      return a.row.link != b.row.link &&
             catalog.url(a.campaign, a.row.link) < catalog.url(b.campaign, b.row.link);
    });
    for (const auto& row : rows) {
      const auto& name = names[by_name[row.rank]];
      const bool contact = is_contact_key(name);
      writer.put(row, contact ? "" : name,
                 contact ? std::string_view(name).substr(name.rfind('\x1f') + 1)
                         : std::string_view());
    }
    written += rows.size();
  }
  writer.flush();
  return written;
}

} // namespace mailfunnel
