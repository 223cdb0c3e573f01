"""Identifiers that are made by the thousand are of the kind that is made one by one."""

from uuid import RFC_4122, UUID

from common.ids import SeededIds, SystemIds


def test_many_identifiers_are_random_uuids_of_version_4() -> None:
    many = SystemIds().uuids(500)
    read = [UUID(each) for each in many]
    assert [each.hex for each in read] == many
    assert {(each.version, each.variant) for each in read} == {(4, RFC_4122)}
    assert len({each[12:17] for each in many}) > 100 and len(set(many)) == 500
    assert {each[16] for each in many} == set("89ab")


def test_many_identifiers_of_a_seed_are_those_that_come_one_by_one() -> None:
    one_by_one = SeededIds(7)
    assert SeededIds(7).uuids(3) == [one_by_one.uuid().hex for _ in range(3)]
