#pragma once
// The sections of mailfunnel.toml, one file of code each. A reader takes its keys of the file's top
// table and puts what they say into the config, or an error into the list of problems; a section
// that is not there changes nothing. A check looks at the config as a whole, once all its files are
// read without an error. config.cpp holds the order of both.

#include "app/config.hpp"
#include "app/toml_section.hpp"

namespace mailfunnel {

using SectionReader = void(Section& top, Config& config);

SectionReader read_store;    // [store]
SectionReader read_accounts; // [[account]]
SectionReader read_audience; // [audience]
SectionReader read_links;    // [links]
SectionReader read_kinds;    // [[kind]]
SectionReader read_stages;   // [[stage]]
SectionReader read_tagging;  // [tagging]
SectionReader read_scoring;  // [scoring]
SectionReader read_fit;      // [[fit]]
SectionReader read_tracking; // [tracking]
SectionReader read_robots;   // [robots]
SectionReader read_levels;   // [levels]
SectionReader read_status;   // [status]
SectionReader read_segments; // [[segment]]
SectionReader read_profiles; // [[profile]]
SectionReader read_trackers; // [[web]]
SectionReader read_report;   // [report]
SectionReader read_push;     // [push]
SectionReader read_schedule; // [schedule]
SectionReader read_serve;    // [serve]
SectionReader read_notify;   // [[notify]]
SectionReader read_network;  // [network]
SectionReader read_serve;    // [serve]
SectionReader read_privacy;  // [privacy], [retention]

/// push = [{ account = …, as = … }] of the segment called `name`.
std::vector<PushConfig> read_targets(Section& segment, const std::string& name);

using ConfigCheck = void(const Config& config, const std::string& file,
                         std::vector<Problem>& problems);

/// Better fit or better engagement never lowers a status; fit is never ranked above engagement
/// (docs/scoring.md).
ConfigCheck check_matrix;
/// Columns of segments that look like a slip.
ConfigCheck check_columns;
/// Accounts of [[web]] that are not there.
ConfigCheck check_trackers;
/// Accounts of `push` that are not there, and suppression targets that mix with others.
ConfigCheck check_targets;
/// Statuses and grades that a segment asks for and nobody can have.
ConfigCheck check_expressions;

} // namespace mailfunnel
