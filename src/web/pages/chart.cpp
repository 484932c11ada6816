#include "web/pages/chart.hpp"

#include "web/pages/template.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace mailfunnel {

namespace {

constexpr double k_width = 640, k_height = 220, k_left = 52, k_right = 12, k_top = 14,
                 k_bottom = 26;
constexpr double k_inner = k_width - k_left - k_right, k_tall = k_height - k_top - k_bottom;

/// 12,000 is "12k".
std::string short_number(double value) {
  const auto size = std::fabs(value);
  return size >= 1e6    ? fmt::format("{:g}M", value / 1e6)
         : size >= 1000 ? fmt::format("{:g}k", value / 1000)
                        : fmt::format("{:g}", value);
}

struct Scale {
  double low = 0, high = 1;
  bool root = false; // small values are seen beside large ones; for what starts at 0
  double y(double value) const {
    const auto place = root ? std::sqrt(std::max(value, 0.0) / high) : (value - low) / (high - low);
    return k_top + k_tall * (1 - place);
  }
};

Scale scale_of(double low, double high, double step) {
  Scale out{std::floor(std::min(low, 0.0) / step) * step, std::ceil(high / step) * step, false};
  out.high = out.high <= out.low ? out.low + step : out.high;
  return out;
}

std::string axis(const Scale& scale, double step) {
  std::string out;
  for (double value = scale.low; value <= scale.high + step / 2; value += step) {
    const auto y = scale.y(value);
    out += fmt::format(
        R"(<line class="axis" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/><text x="{}" y="{:.1f}" text-anchor="end">{}</text>)",
        k_left, k_width - k_right, y, y, k_left - 6, y + 4, short_number(value));
  }
  return out;
}

std::string begin() {
  return fmt::format(R"(<svg class="chart" viewBox="0 0 {} {}" aria-hidden="true">)", k_width,
                     k_height);
}

constexpr int k_lines = 5;

} // namespace

double nice_step(double top, int most) {
  if (top <= 0) {
    return 1;
  }
  const auto raw = top / most;
  const auto power = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= raw) {
      return factor * power;
    }
  }
  return 10 * power;
}

std::string bar_chart(const std::vector<ChartBar>& bars, const std::vector<ChartMark>& marks) {
  double top = 0;
  for (const auto& bar : bars) {
    top = std::max({top, bar.value, bar.other});
  }
  const auto step = nice_step(top, k_lines);
  auto scale = scale_of(0, top, step);
  scale.root = true;
  auto out = begin() + axis(scale, step);
  const auto wide = k_inner / static_cast<double>(std::max<std::size_t>(bars.size(), 1));
  double free_from = 0; // labels don't overlap
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const auto& bar = bars[i];
    const auto x = k_left + wide * static_cast<double>(i);
    const auto piece = [&](double value, std::string_view css) {
      const auto y = scale.y(value);
      out += fmt::format(
          R"(<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>)",
          css, x + wide * 0.08, y, wide * 0.84, std::max(scale.y(0) - y, 0.0),
          html_text(bar.title));
    };
    piece(bar.value, "bar");
    if (bar.other >= 0) {
      piece(bar.other, "other");
    }
    const auto middle = x + wide / 2;
    const auto half = 4.0 + 3.2 * static_cast<double>(bar.label.size());
    if (!bar.label.empty() && middle - half >= free_from) {
      free_from = middle + half;
      out += fmt::format(R"(<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>)", middle,
                         k_height - 8, html_text(bar.label));
    }
  }
  for (const auto& mark : marks) {
    const auto x = k_left + wide * mark.at;
    out += fmt::format(
        R"(<line class="mark" x1="{:.1f}" x2="{:.1f}" y1="{}" y2="{}"/><text x="{:.1f}" y="{}">{}</text>)",
        x, x, k_top - 6, k_height - k_bottom, x + 4, k_top + 2, html_text(mark.label));
  }
  return out + "</svg>";
}

std::string line_chart(const std::vector<std::string>& places,
                       const std::vector<ChartSeries>& series) {
  double low = 0, high = 0;
  for (const auto& one : series) {
    for (const auto value : one.values) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  const auto step = nice_step(high - low, k_lines);
  const auto scale = scale_of(low, high, step);
  auto out = begin() + axis(scale, step);
  const auto x_of = [&](std::size_t place) {
    return places.size() < 2 ? k_left + k_inner / 2
                             : k_left + k_inner * static_cast<double>(place) /
                                            static_cast<double>(places.size() - 1);
  };
  double free_from = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto half = 4.0 + 3.2 * static_cast<double>(places[i].size());
    const auto x = std::clamp(x_of(i), half, k_width - half);
    if (x - half >= free_from) {
      free_from = x + half;
      out += fmt::format(R"(<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>)", x,
                         k_height - 8, html_text(places[i]));
    }
  }
  for (const auto& one : series) {
    std::string points, dots;
    for (std::size_t i = 0; i < one.values.size() && i < places.size(); ++i) {
      points += fmt::format("{:.1f},{:.1f} ", x_of(i), scale.y(one.values[i]));
      dots += fmt::format(
          R"(<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="{}"><title>{}</title></circle>)",
          x_of(i), scale.y(one.values[i]), places.size() > 40 ? 1.5 : 3.0,
          html_text(fmt::format("{}, {}: {:g}", one.name, places[i], one.values[i])));
    }
    out += fmt::format(R"(<g class="{}"><polyline class="line" points="{}"/>{}</g>)", one.css,
                       points, dots);
  }
  return out + "</svg>";
}

std::string stacked_bar(const std::vector<std::pair<std::string, double>>& parts, double whole) {
  constexpr double k_wide = 120, k_high = 12;
  auto out = fmt::format(
      R"(<svg class="meter" width="{}" height="{}" viewBox="0 0 {} {}" aria-hidden="true">)",
      k_wide, k_high, k_wide, k_high);
  double x = 0;
  for (const auto& [css, value] : parts) {
    const auto wide = whole > 0 ? k_wide * value / whole : 0;
    if (wide > 0) {
      out += fmt::format(
          R"(<rect class="{}" fill="currentColor" x="{:.1f}" y="0" width="{:.1f}" height="{}"/>)",
          css, x, std::max(wide, 1.0), k_high);
    }
    x += wide;
  }
  return out + "</svg>";
}

} // namespace mailfunnel
