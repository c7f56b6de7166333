"""To whom a client is proposed: mine, my team's, anybody's, others'; and no client waits for a fair share."""

from hypothesis import given
from hypothesis import strategies as st

from console.rules.portfolios import Agent, Portfolio, has_share, per_day, team_of
from console.rules.presence import Team, TeamRules

RULES = TeamRules(
    teams=(Team("Sud", ("Anne", "Paul"), 30), Team("Nord", ("Zoé", "Marc"))), per_day=50, shares=True
)
NAMES = st.sampled_from(["", "Anne", "PAUL", "zoe", "Marc", "Léa"])
TEAMS = st.sampled_from(["", "sud", "Nord", "Est"])
AWAY = st.sets(st.sampled_from(["Anne", "Paul", "Zoé", "Marc", "Léa"]))


def test_names_are_one_whatever_their_accents_and_capitals() -> None:
    assert [team_of(name, RULES) for name in ("anne", "ZOE", "Léa")] == ["Sud", "Nord", ""]
    assert [per_day(name, RULES) for name in ("Anne", "Zoé", "Léa")] == [30, 50, 50]


@given(advisor=NAMES, team=TEAMS, away=AWAY)
def test_whose_a_client_is(advisor: str, team: str, away: set[str]) -> None:
    found = {name: Agent(name, RULES, away).whose(advisor, team) for name in ("Anne", "Paul", "Zoé", "Léa")}
    there = {"Anne": "Anne", "PAUL": "Paul", "zoe": "Zoé", "Marc": "Marc", "Léa": "Léa"}.get(advisor, "")
    for name, whose in found.items():
        if there == name:
            assert whose is Portfolio.MINE
        elif there and there not in away:
            assert whose is Portfolio.OTHERS
        else:  # nobody's, or of somebody who is away: the team's
            known = {"sud": "Sud", "Nord": "Nord", "Est": "Est"}.get(team) or team_of(there, RULES)
            mine = team_of(name, RULES)
            expected = Portfolio.ANYBODY if not known else Portfolio.MY_TEAM
            assert whose is (expected if not known or known == mine else Portfolio.OTHERS)


@given(calls=st.lists(st.integers(0, 60), min_size=1, max_size=8), waiting=st.integers(1, 40))
def test_as_long_as_one_waits_somebody_is_proposed_them_and_nobody_beyond_a_share(
    calls: list[int], waiting: int
) -> None:
    done, share = list(calls), -(-(sum(calls) + waiting) // len(calls))
    for left in range(waiting, 0, -1):
        may = [n for n, mine in enumerate(done) if has_share(mine, [*done[:n], *done[n + 1 :]], left)]
        assert may
        assert done.index(min(done)) in may
        done[may[-1]] += 1  # whoever is quickest
    assert max(done) <= max([*calls, share])
