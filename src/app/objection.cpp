#include "app/objection.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace mailfunnel {

namespace {

/// All addresses and contact ids of the person; of somebody not known, the address alone.
std::vector<std::string> keys_of(Store& store, const FoundPerson& person) {
  std::vector<std::string> keys;
  if (person.id) {
    Recipients recipients(store.database());
    for (const auto number : recipients.numbers_of(*person.id)) {
      const auto more = recipients.keys_of(number);
      keys.insert(keys.end(), more.begin(), more.end());
    }
  }
  if (keys.empty()) {
    keys.push_back(person.key);
  }
  return keys;
}

Result<FoundPerson> find(Store& store, const std::string& who) {
  auto person = find_person(store, who);
  if (person.erased) {
    return nobody(store, who);
  }
  if (person.key.empty() || (!person.known && is_contact_key(person.key))) {
    return Error{ErrorCode::usage, "\"" + printable(who, 100) +
                                       "\" is no e-mail address, and no contact id that is known"};
  }
  return person;
}

bool holds(const std::vector<HandSuppression>& all, std::string_view reason) {
  return std::any_of(all.begin(), all.end(), [reason](const HandSuppression& one) {
    return one.reason == reason && !one.valid_to;
  });
}

} // namespace

std::vector<HandSuppression> hand_suppressions(Store& store, const FoundPerson& person) {
  std::vector<HandSuppression> out;
  for (const auto& key : keys_of(store, person)) {
    auto rows = store.database().use(
        "SELECT reason, note, valid_from, valid_to FROM suppression WHERE key = ?1");
    rows.bind(key);
    while (rows.step()) {
      HandSuppression one{key, std::string(rows.text(0)), std::string(rows.text(1)),
                          rows.integer(2), std::nullopt};
      if (!rows.is_null(3)) {
        one.valid_to = rows.integer(3);
      }
      out.push_back(std::move(one));
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return std::tie(a.valid_from, a.reason) < std::tie(b.valid_from, b.reason);
  });
  return out;
}

Result<bool> suppress(Store& store, const std::string& who,
                      std::span<const std::string_view> reasons, const std::string& note,
                      Seconds now) {
  MF_TRY(person, find(store, who));
  const WriterLock lock(store.path());
  Transaction transaction(store.database());
  const auto before = hand_suppressions(store, person);
  bool changed = false;
  for (const auto reason : reasons) {
    if (holds(before, reason)) {
      continue;
    }
    store.database()
        .use("INSERT INTO suppression(key, reason, valid_from, note) VALUES (?1, ?2, ?3, ?4) ON "
             "CONFLICT DO UPDATE SET valid_to = NULL, note = excluded.note")
        .bind(person.key, reason, now, note)
        .run();
    changed = true;
  }
  if (changed) {
    store.count_change();
    transaction.commit();
    store.checkpoint();
  }
  return changed;
}

Result<bool> take_back(Store& store, const std::string& who,
                       std::span<const std::string_view> reasons, Seconds now) {
  MF_TRY(person, find(store, who));
  const WriterLock lock(store.path());
  Transaction transaction(store.database());
  bool changed = false;
  for (const auto& key : keys_of(store, person)) {
    for (const auto reason : reasons) {
      store.database()
          .use("UPDATE suppression SET valid_to = ?3 WHERE key = ?1 AND reason = ?2 AND valid_to "
               "IS NULL")
          .bind(key, reason, now)
          .run();
      changed = changed || store.database().changes() != 0;
    }
  }
  if (changed) {
    store.count_change();
    transaction.commit();
    store.checkpoint();
  }
  return changed;
}

} // namespace mailfunnel
