#pragma once
// How pages show what is known of a person: points to the last digit, events, links, reasons.

#include "app/access.hpp"
#include "app/explain.hpp"
#include "web/pages/page.hpp"

#include <string>
#include <string_view>

namespace mailfunnel {

/// All their digits, so that what is shown adds up: 12.125
std::string exact_points(const Words& t, Points points);
std::string exact_change(const Words& t, Points points); // +12.125, −3, 0

std::string event_text(const Words& t, EventKind kind);              // "Click"
std::string suppression_text(const Words& t, std::uint8_t bits);     // "unsubscribed, hard bounce"
std::string reasons_text(const Words& t, const Explanation& person); // "2 × BOFU, 3 × not opened"
/// Which part of the rules gave the status: "cell A1 of the matrix".
std::string status_reason(const Words& t, const Explanation& person, const Rules& rules);
std::string phase_text(std::uint8_t phase); // "" where there is none

/// `href` (of http and https alone), `short` and `whole`.
View url_view(std::string_view url);
/// `campaign`, `campaign_href` and, where there is a link, `url` and `stage`.
void set_place(View& view, const PageContext& context, const World& world, CampaignId campaign,
               LinkNumber link);

// person_actions.cpp
/// The forms of what this caller may do for the person.
void set_person_actions(View& view, const PageContext& context, const std::string& who,
                        const AccessReport& report);

} // namespace mailfunnel
