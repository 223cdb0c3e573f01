"""HTTP of organization API keys on the cloud, the billing sync token among them."""

from cloud_sim.billing_sync.service import refuse_in_trial
from common.organizations.api_keys.routes import api_key_routes

bp = api_key_routes("billing_sync", refuse_in_trial)
