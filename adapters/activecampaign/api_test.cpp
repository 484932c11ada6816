#include "support/adapter_case.hpp"
#include "support/api_case.hpp"

namespace mailfunnel::activecampaign {
void register_adapter(AdapterRegistry& registry);
}
