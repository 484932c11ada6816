#pragma once
// One person as JSON: the same on the command line (--json) and in the API.

#include "app/explain.hpp"
#include "app/kept_run.hpp"

#include <string>
#include <vector>

namespace mailfunnel {

/// "B", or "B?" where no rule of the fit could be asked.
std::string grade_text(const Explanation& e);
/// What a record tells of an event, in words: "hard no_such_user 5.1.1", "data_centre; fast".
std::string evidence_words(const PersonEvent& event);

/// One object.
std::string explain_json(const Explanation& e);
/// One object: what stands at the top of explain_json(), then attributes and the segments that hold
/// the person.
std::string person_json(const Explanation& e, const std::vector<std::string>& segments);
std::string comparison_json(const RunComparison& c);

// An object a line.
std::string events_json(const std::vector<PersonEvent>& events, const World& world);
std::string moments_json(const std::vector<Explanation>& moments);

} // namespace mailfunnel
