#pragma once
// Turns records into events or recipients by a mapping profile: CSV by column, NDJSON by path.

#include "adapter/adapter.hpp"

#include <memory>
#include <optional>
#include <string_view>

namespace mailfunnel::generic {

/// Our fields that a profile may map.
enum class Field : std::uint8_t {
  kind,
  time,
  address,
  contact_id,
  new_address,
  campaign,
  campaign_name,
  send,
  link,
  link_tag,
  message_id,
  event_id,
  scope,
  proof,
  user_agent,
  ip,
  status,
  reason,
  bounce_class,
  diagnostic,
  list,
  subscription,
  changed_at
};
constexpr std::size_t k_fields = 23;
extern const std::string_view k_field_names[k_fields];
std::optional<Field> field_named(std::string_view name);

/// nullptr: the table or the first object lacks what the profile needs.
std::unique_ptr<LogReader> open_profile(const MappingProfile& profile, std::string_view head,
                                        const LogContext& context);

/// The profile by which `recipients import` reads a table that no adapter knows: a column that
/// holds addresses, all others as attributes. nullopt: no such column.
std::optional<MappingProfile> contacts_profile(std::string_view head);

} // namespace mailfunnel::generic
