"""What a centre has decided for itself, as values."""

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from triage.domain.handover_texts import HandoverText
from triage.domain.words import Words


@dataclass(frozen=True)
class Neighbour:
    """The centre of another county."""

    name: str
    phone: str
    """E.164."""
    zones: tuple[str, ...] = ()
    """Places that callers name and that are theirs, as people call them."""


@dataclass(frozen=True)
class Policy:
    """The values of config/settings.toml, where each stands with its reason."""

    centre_name: str
    time_zone: ZoneInfo
    country: str
    rule_set: str
    partner_line: Words
    hand_over_red_s: int
    transfer_answer_s: int
    transfer_release_s: int
    provider_timeout_s: float
    lease_s: int
    look_every_s: float
    page_valid_s: int
    other_valid_s: int
    give_up_after: int
    senders: int
    later_texts_per_s: int
    polite_replies_per_hour: int
    stranger_replies_per_hour: int
    backup_max_min: int
    call_back_min: list[int]
    divert_ranks: int
    ring_back_min: list[int]
    desk_phone: str | None
    remind_again_h: int
    not_reached_again_h: list[int]
    partner_answer_h: int
    ask_before_shift_min: int
    answer_before_shift_min: int
    test_day: str
    test_time: str
    ring_again_s: int
    check_en_route_min: int
    check_staged_min: int
    check_on_scene_min: int
    check_transporting_min: int
    check_answer_s: int
    pin_tries: int
    pin_rest_min: int
    session_hours: int
    idle_min: int
    sign_in_tries: int
    sign_in_rest_min: int
    password_min_length: int
    opening_min: int
    narrative_max: int
    order_by_history: bool
    history_least_calls: int
    words_days: int
    neighbours: tuple[Neighbour, ...]
    handovers: tuple[HandoverText, ...]

    def call_back_after(self, level_rank: int) -> timedelta:
        """How long a caller of this level waits for a team without hearing from us."""
        by_level = self.call_back_min
        return timedelta(minutes=by_level[min(level_rank, len(by_level)) - 1])
