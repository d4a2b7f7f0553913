"""What a database's refusal means."""

from typing import Any

import pytest
from pymongo.errors import BulkWriteError

from bowchat_runtime import mongo
from bowchat_runtime.errors import DependencyDownError, SettingsError


@pytest.mark.parametrize(
    "details",
    [
        {"writeErrors": [{"index": 0, "code": 11000}, {"index": 1, "code": 189}]},
        {"writeErrors": [], "writeConcernErrors": [{"code": 91}]},
    ],
)
def test_a_bulk_write_that_met_a_changing_primary_is_made_again(details: dict[str, Any]) -> None:
    """While a replica set elects, records wait: what fails for that reason is parked by nobody."""
    with pytest.raises(DependencyDownError):
        mongo._only_duplicates(BulkWriteError(details))


@pytest.mark.parametrize("uri", ["http://x", "mongodb://h:99999999", "mongodb://"])
async def test_an_address_that_is_none_names_its_variable(uri: str) -> None:
    """Before anything is asked of it, with how an address is written."""
    with pytest.raises(SettingsError, match=r"BOWCHAT_MONGO_URI: .*write mongodb://HOST:PORT"):
        await mongo.MongoDatabase(uri, "any").__aenter__()
