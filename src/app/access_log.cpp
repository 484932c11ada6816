#include "app/access_log.hpp"

#include "app/explain.hpp"
#include "ingest/session.hpp"
#include "store/recipients.hpp"
#include "store/writing.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

namespace mailfunnel {

namespace {

std::string name_of_person(Recipients& recipients, std::optional<RecipientId> id) {
  if (!id) {
    return "erased";
  }
  const auto keys = recipients.keys_of(*id);
  if (keys.empty()) {
    return "erased";
  }
  const auto& key = keys.front();
  return is_contact_key(key) ? key.substr(key.rfind('\x1f') + 1) : key;
}

constexpr unsigned k_patience = 5; // seconds: somebody waits to see what is noted

} // namespace

Result<void> note_access(const std::string& store_path, const Access& access) {
  try {
    auto store = Store::open_writing(store_path);
    std::optional<RecipientId> id;
    std::optional<KeyedHash> hash;
    if (!access.person.empty()) {
      auto found = find_person(store, access.person);
      if (!found.id && found.known) { // waits in the inbox
        fold_inbox(store, 1);
        found = find_person(store, access.person);
      }
      id = found.id;
      if (!id && found.erased) {
        id = found.erased->recipient;
        hash = HashKey::read(store_path)->of(found.key);
      }
    }
    Writing writing(store, 0, k_patience);
    note_access(store.database(), access, id, hash);
    writing.commit();
    return {};
  } catch (const Failure& failure) {
    return failure.error;
  }
}

Result<void> note_reading(Store& store, const Access& access, RecipientId person) {
  try {
    ReadersRows rows(store, k_patience);
    note_access(store.database(), access, person, std::nullopt);
    rows.commit();
    return {};
  } catch (const Failure& failure) {
    return failure.error;
  }
}

void note_access(Database& database, const Access& access, std::optional<std::uint32_t> recipient,
                 const std::optional<KeyedHash>& hash) {
  auto insert = database.use("INSERT INTO access_log(at, who, what, people, detail) VALUES (?1, "
                             "?2, ?3, ?4, ?5)");
  insert
      .bind(access.at, access.who, access.what, static_cast<std::int64_t>(access.people),
            access.detail)
      .run();
  const auto row = database.last_row();
  if (recipient) {
    database.use("UPDATE access_log SET recipient = ?2 WHERE id = ?1").bind(row, *recipient).run();
  }
  if (hash) {
    database.use("UPDATE access_log SET hash = ?2 WHERE id = ?1")
        .bind(row, Blob{{hash->data(), hash->size()}})
        .run();
  }
}

Result<std::vector<Access>> accesses(Store& store, const std::string& person, std::size_t most) {
  auto& database = store.database();
  Recipients recipients(database);
  std::string where;
  std::vector<RecipientId> numbers;
  std::optional<KeyedHash> hash;
  if (!person.empty()) {
    const auto found = find_person(store, person);
    if (found.id) {
      numbers = recipients.numbers_of(*found.id);
    } else if (found.erased) {
      hash = HashKey::read(store.path())->of(found.key);
      if (found.erased->recipient) {
        numbers.push_back(*found.erased->recipient);
      }
    } else if (!found.known) {
      return nobody(store, person);
    }
    where = "WHERE hash = ?2";
    for (const auto number : numbers) {
      where += fmt::format(" OR recipient = {}", number);
    }
  }
  auto rows = database.use(fmt::format(
      "SELECT at, who, what, recipient, people, detail, hash IS NOT NULL FROM access_log {} ORDER "
      "BY at DESC, id DESC LIMIT ?1",
      where));
  rows.bind(static_cast<std::int64_t>(most),
            Blob{hash ? std::string_view(hash->data(), hash->size()) : std::string_view()});
  std::vector<Access> out;
  while (rows.step()) {
    Access access{rows.integer(0),
                  std::string(rows.text(1)),
                  std::string(rows.text(2)),
                  "",
                  static_cast<std::uint64_t>(rows.integer(4)),
                  std::string(rows.text(5))};
    if (!rows.is_null(3)) {
      access.person = name_of_person(recipients, static_cast<RecipientId>(rows.integer(3)));
    } else if (rows.integer(6) != 0) {
      access.person = "erased";
    }
    out.push_back(std::move(access));
  }
  return out;
}

std::string system_user() {
  const auto name_of = [](uid_t id) {
    const auto* entry = getpwuid(id);
    return entry != nullptr ? std::string(entry->pw_name) : fmt::format("user {}", id);
  };
  const char* caller = std::getenv("SUDO_USER");
  return geteuid() == 0 && caller != nullptr && *caller != '\0' ? std::string(caller)
                                                                : name_of(getuid());
}

} // namespace mailfunnel
