#pragma once
// The letter that answers a person's request for access: what is kept, where it comes from, what
// for, how long, and the score in plain words, with the procedure and the data that made it. Plain
// text, complete in itself; a clerk puts the name above it and signs.

#include "app/access.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mailfunnel {

enum class LetterLanguage : std::uint8_t { en, nl, fr, de };
/// "nl"; nullopt: none of the four.
std::optional<LetterLanguage> letter_language(std::string_view name);

/// Times are UTC, as the letter says. What [privacy] does not tell stands in it as a gap to fill
/// in:
/// "[…]".
std::string access_letter(const AccessReport& report, const Workspace& workspace,
                          LetterLanguage language);

} // namespace mailfunnel
