"""The chart: months become bars, on one scale, ending at the newest item."""

from __future__ import annotations

from tidings.core.pages.items import ChartRange, draw, peak_of, range_of


def span(*months: tuple[int, int]) -> ChartRange:
    found = range_of(months)
    assert found is not None
    return found


def test_nothing_dated_has_no_span() -> None:
    assert range_of([]) is None


def test_a_span_ends_at_the_newest_month_and_begins_at_the_oldest() -> None:
    assert span((2022, 2), (2019, 12)) == ChartRange(first=(2019, 12), last=(2022, 2), step=1)
    assert span((2022, 2), (2019, 12)).slots == 27


def test_a_young_site_still_shows_a_year() -> None:
    assert span((2021, 3)) == ChartRange(first=(2020, 4), last=(2021, 3), step=1)


def test_sixty_months_are_bars_of_a_month_and_sixty_one_are_quarters() -> None:
    assert span((2017, 1), (2021, 12)).step == 1
    assert span((2016, 12), (2021, 12)).step == 3


def test_sixty_quarters_are_bars_of_a_quarter_and_sixty_one_are_years() -> None:
    assert span((2007, 1), (2021, 12)).step == 3
    assert span((2006, 12), (2021, 12)).step == 12


def test_a_chart_of_quarters_still_ends_at_the_newest_month() -> None:
    quarters = span((2010, 2), (2021, 11))
    assert (quarters.first, quarters.last) == ((2010, 1), (2021, 11))
    tide = draw({(2010, 2): 1, (2021, 10): 2, (2021, 11): 3}, quarters)
    assert [(bar.month, bar.count, bar.newest) for bar in tide.bars] == [
        ((2010, 1), 1, False),
        ((2021, 10), 5, True),
    ]


def test_bars_stand_in_their_own_slot_as_high_as_their_count() -> None:
    tide = draw({(2021, 1): 2, (2021, 12): 5}, span((2021, 1), (2021, 12)))
    assert [(bar.x, bar.height, bar.newest) for bar in tide.bars] == [
        (0.3, 2.0, False),
        (11.3, 5.0, True),
    ]
    assert (tide.slots, tide.peak, tide.total) == (12, 5, 7)


def test_a_path_goes_round_each_bar_from_a_little_below_the_chart() -> None:
    tide = draw({(2021, 1): 2, (2021, 2): 4, (2021, 12): 5}, span((2021, 1), (2021, 12)))
    assert tide.older == "M0.3 5.1v-2.1h0.4v2.1zM1.3 5.1v-4.1h0.4v4.1z"
    assert tide.newest == "M11.3 5.1v-5.1h0.4v5.1z"
    old = draw({(2021, 1): 2}, span((2021, 1), (2021, 12)))
    assert (old.older, old.newest) == ("M0.3 4.08v-2.08h0.4v2.08z", "")


def test_an_empty_month_has_no_bar() -> None:
    assert [b.month for b in draw({(2021, 5): 0, (2021, 6): 1}, span((2021, 6))).bars] == [
        (2021, 6)
    ]


def test_months_outside_the_span_are_left_out() -> None:
    tide = draw({(2019, 1): 4, (2021, 6): 1, (2021, 7): 1}, span((2021, 6)))
    assert tide.total == 1


def test_a_lone_item_does_not_look_like_a_flood() -> None:
    assert draw({(2021, 6): 1}, span((2021, 6))).peak == 4


def test_one_item_beside_a_thousand_is_still_seen() -> None:
    tide = draw({(2021, 5): 1, (2021, 6): 1000}, span((2021, 6)))
    assert tide.bars[0].height == 30.0
    assert tide.bars[0].count == 1


def test_charts_on_one_page_can_share_a_scale() -> None:
    common = span((2021, 6))
    months = [{(2021, 5): 3}, {(2021, 6): 9}, {(2001, 1): 99}]
    peak = peak_of(months, common)
    assert peak == 9
    assert draw(months[0], common, peak).peak == 9


def test_the_busiest_bar_is_the_latest_of_the_tallest() -> None:
    busiest = draw({(2021, 1): 3, (2021, 4): 3, (2021, 6): 1}, span((2021, 6))).busiest
    assert busiest is not None
    assert busiest.month == (2021, 4)
    assert draw({}, span((2021, 6))).busiest is None


def test_ticks_stand_where_years_begin() -> None:
    ticks = draw({}, span((2019, 12), (2022, 2))).ticks
    assert [(tick.year, tick.at) for tick in ticks] == [
        (2020, 0.037),
        (2021, 0.4815),
        (2022, 0.9259),
    ]


def test_ticks_thin_out_before_their_labels_meet() -> None:
    assert [tick.year for tick in draw({}, span((1999, 1), (2021, 12))).ticks] == [
        2000,
        2005,
        2010,
        2015,
        2020,
    ]


def test_a_date_in_the_first_year_of_all_is_drawn() -> None:
    tide = draw({(1, 1): 1}, span((1, 1), (2021, 12)))
    assert tide.total == 1
