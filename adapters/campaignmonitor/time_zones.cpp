// A client's TimeZone, as GET timezones lists them: names of Windows as they were once, each with
// the offset of winter and places. A place tells the zone of the tz database.

#include "api.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mailfunnel::campaignmonitor {

using namespace std::string_view_literals;

namespace {

/// The first whose words stand in the text holds.
constexpr std::array k_zones{
    std::pair{"Universal Time+12"sv, "Etc/GMT-12"sv},
    std::pair{"Universal Time-02"sv, "Etc/GMT+2"sv},
    std::pair{"Universal Time-11"sv, "Etc/GMT+11"sv},
    std::pair{"Universal Time"sv, "UTC"sv},
    std::pair{"Casablanca"sv, "Africa/Casablanca"sv},
    std::pair{"London"sv, "Europe/London"sv},
    std::pair{"Reykjavik"sv, "Atlantic/Reykjavik"sv},
    std::pair{"Amsterdam"sv, "Europe/Amsterdam"sv},
    std::pair{"Belgrade"sv, "Europe/Belgrade"sv},
    std::pair{"Brussels"sv, "Europe/Brussels"sv},
    std::pair{"Warsaw"sv, "Europe/Warsaw"sv},
    std::pair{"West Central Africa"sv, "Africa/Lagos"sv},
    std::pair{"Amman"sv, "Asia/Amman"sv},
    std::pair{"Athens"sv, "Europe/Athens"sv},
    std::pair{"Beirut"sv, "Asia/Beirut"sv},
    std::pair{"Cairo"sv, "Africa/Cairo"sv},
    std::pair{"Damascus"sv, "Asia/Damascus"sv},
    std::pair{"Pretoria"sv, "Africa/Johannesburg"sv},
    std::pair{"Helsinki"sv, "Europe/Helsinki"sv},
    std::pair{"Jerusalem"sv, "Asia/Jerusalem"sv},
    std::pair{"Minsk"sv, "Europe/Minsk"sv},
    std::pair{"Windhoek"sv, "Africa/Windhoek"sv},
    std::pair{"Baghdad"sv, "Asia/Baghdad"sv},
    std::pair{"Riyadh"sv, "Asia/Riyadh"sv},
    std::pair{"Moscow"sv, "Europe/Moscow"sv},
    std::pair{"Nairobi"sv, "Africa/Nairobi"sv},
    std::pair{"Tehran"sv, "Asia/Tehran"sv},
    std::pair{"Abu Dhabi"sv, "Asia/Dubai"sv},
    std::pair{"Baku"sv, "Asia/Baku"sv},
    std::pair{"Port Louis"sv, "Indian/Mauritius"sv},
    std::pair{"Tbilisi"sv, "Asia/Tbilisi"sv},
    std::pair{"Yerevan"sv, "Asia/Yerevan"sv},
    std::pair{"Kabul"sv, "Asia/Kabul"sv},
    std::pair{"Ekaterinburg"sv, "Asia/Yekaterinburg"sv},
    std::pair{"Karachi"sv, "Asia/Karachi"sv},
    std::pair{"Tashkent"sv, "Asia/Tashkent"sv},
    std::pair{"Kolkata"sv, "Asia/Kolkata"sv},
    std::pair{"Sri Jayawardenepura"sv, "Asia/Colombo"sv},
    std::pair{"Kathmandu"sv, "Asia/Kathmandu"sv},
    std::pair{"Astana"sv, "Asia/Almaty"sv},
    std::pair{"Dhaka"sv, "Asia/Dhaka"sv},
    std::pair{"Novosibirsk"sv, "Asia/Novosibirsk"sv},
    std::pair{"Yangon"sv, "Asia/Yangon"sv},
    std::pair{"Bangkok"sv, "Asia/Bangkok"sv},
    std::pair{"Krasnoyarsk"sv, "Asia/Krasnoyarsk"sv},
    std::pair{"Beijing"sv, "Asia/Shanghai"sv},
    std::pair{"Irkutsk"sv, "Asia/Irkutsk"sv},
    std::pair{"Singapore"sv, "Asia/Singapore"sv},
    std::pair{"Perth"sv, "Australia/Perth"sv},
    std::pair{"Taipei"sv, "Asia/Taipei"sv},
    std::pair{"Ulaanbaatar"sv, "Asia/Ulaanbaatar"sv},
    std::pair{"Tokyo"sv, "Asia/Tokyo"sv},
    std::pair{"Seoul"sv, "Asia/Seoul"sv},
    std::pair{"Yakutsk"sv, "Asia/Yakutsk"sv},
    std::pair{"Adelaide"sv, "Australia/Adelaide"sv},
    std::pair{"Darwin"sv, "Australia/Darwin"sv},
    std::pair{"Brisbane"sv, "Australia/Brisbane"sv},
    std::pair{"Sydney"sv, "Australia/Sydney"sv},
    std::pair{"Port Moresby"sv, "Pacific/Port_Moresby"sv},
    std::pair{"Hobart"sv, "Australia/Hobart"sv},
    std::pair{"Vladivostok"sv, "Asia/Vladivostok"sv},
    std::pair{"Solomon Is."sv, "Pacific/Guadalcanal"sv},
    std::pair{"Auckland"sv, "Pacific/Auckland"sv},
    std::pair{"Fiji"sv, "Pacific/Fiji"sv},
    std::pair{"Kamchatsky"sv, "Asia/Kamchatka"sv},
    std::pair{"Nuku'alofa"sv, "Pacific/Tongatapu"sv},
    std::pair{"Azores"sv, "Atlantic/Azores"sv},
    std::pair{"Cape Verde"sv, "Atlantic/Cape_Verde"sv},
    std::pair{"Brasilia"sv, "America/Sao_Paulo"sv},
    std::pair{"Buenos Aires"sv, "America/Argentina/Buenos_Aires"sv},
    std::pair{"Cayenne"sv, "America/Cayenne"sv},
    std::pair{"Greenland"sv, "America/Nuuk"sv},
    std::pair{"Montevideo"sv, "America/Montevideo"sv},
    std::pair{"Newfoundland"sv, "America/St_Johns"sv},
    std::pair{"Asuncion"sv, "America/Asuncion"sv},
    std::pair{"Atlantic Time"sv, "America/Halifax"sv},
    std::pair{"Cuiaba"sv, "America/Cuiaba"sv},
    std::pair{"Georgetown"sv, "America/La_Paz"sv},
    std::pair{"Santiago"sv, "America/Santiago"sv},
    std::pair{"Caracas"sv, "America/Caracas"sv},
    std::pair{"Bogota"sv, "America/Bogota"sv},
    std::pair{"Eastern Time"sv, "America/New_York"sv},
    std::pair{"Indiana"sv, "America/Indiana/Indianapolis"sv},
    std::pair{"Central America"sv, "America/Guatemala"sv},
    std::pair{"Central Time"sv, "America/Chicago"sv},
    std::pair{"Mexico City"sv, "America/Mexico_City"sv},
    std::pair{"Saskatchewan"sv, "America/Regina"sv},
    std::pair{"Arizona"sv, "America/Phoenix"sv},
    std::pair{"Chihuahua"sv, "America/Chihuahua"sv},
    std::pair{"Mountain Time"sv, "America/Denver"sv},
    std::pair{"Baja California"sv, "America/Tijuana"sv},
    std::pair{"Pacific Time"sv, "America/Los_Angeles"sv},
    std::pair{"Alaska"sv, "America/Anchorage"sv},
    std::pair{"Hawaii"sv, "Pacific/Honolulu"sv},
    std::pair{"Samoa"sv, "Pacific/Pago_Pago"sv},
    std::pair{"Date Line West"sv, "Etc/GMT+12"sv},
};

} // namespace

std::string_view zone_of_client(std::string_view text) {
  const auto* found = std::find_if(k_zones.begin(), k_zones.end(), [text](const auto& zone) {
    return text.find(zone.first) != std::string_view::npos;
  });
  return found == k_zones.end() ? ""sv : found->second;
}

} // namespace mailfunnel::campaignmonitor
