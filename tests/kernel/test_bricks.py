"""The game `bricks`, played on the golden model by somebody who sees the display and has the keys.

Every picture is drawn again in Python, from what is to be seen on it: whatever the game forgets to
draw or to wipe away is found so.
"""

import numpy as np
import pytest

from isa.config import MachineConfig
from sim.host.display import Display
from sim.host.keyboard import Key, Keyboard
from tests.support.font import text_mask
from tests.support.system import SYSTEM, boot

WIDTH, HEIGHT = 128, 80
BAR, ROWS, COLUMNS = 10, 6, WIDTH // 20
BRICK_WIDTH, BRICK_HEIGHT = WIDTH // COLUMNS, HEIGHT // 25
WALL_X, WALL_Y = (WIDTH - COLUMNS * BRICK_WIDTH) // 2, BAR + HEIGHT // 12
BALL, PADDLE = 2, WIDTH // 7
PADDLE_Y = HEIGHT - 3 * BALL
LEVEL = COLUMNS * (10 + 20 + 30 + 40 + 50 + 60)  # points of all bricks of a whole wall

BACKGROUND, BAR_COLOUR, LIGHT, WHITE = 0x101820, 0x203040, 0xC0D0E0, 0xFFFFFF
COLOURS = np.array([0xD05050, 0xD09040, 0xD0D050, 0x60C060, 0x50A0D0, 0x9070D0])
CORNERS = np.ix_(WALL_Y + BRICK_HEIGHT * np.arange(ROWS), WALL_X + BRICK_WIDTH * np.arange(COLUMNS))
WORTH = 10 * np.arange(ROWS, 0, -1)[:, np.newaxis]


class Player(Display):
    """Sees where everything is, checks that nothing else is there, and does what `plan` says.

    Members
    -------
    bricks : bool array, rows by columns
    ball : (int, int)
    paddle, level, lives : int
    """

    def __init__(self, plan):
        super().__init__(WIDTH, HEIGHT)
        self.keyboard, self.golden = Keyboard(), None
        self.level, self.score, self.lives, self.message = 1, 0, 3, ""
        self.bricks = np.ones((ROWS, COLUMNS), bool)
        self._plan = plan

    def at_prompt(self, count, golden):
        self.golden = golden

    def hold(self, *keys):
        for key in (Key.LEFT, Key.RIGHT, Key.SPACE, Key.ESCAPE, ord("p")):
            self.keyboard.set(key, key in keys)

    def _draw(self, frame):
        frame = frame & 0xFFFFFF
        bricks = frame[CORNERS] == COLOURS[:, np.newaxis]
        if (bricks & ~self.bricks).any():
            self.level += 1
            self.score += int((self.bricks * WORTH).sum())
        else:
            self.score += int(((self.bricks & ~bricks) * WORTH).sum())
        self.bricks = bricks
        self.lives = int((frame[4, WIDTH - 24::8] == LIGHT).sum())
        self.paddle = int(np.argmax(frame[PADDLE_Y] == LIGHT))
        y, x = np.nonzero(frame[BAR:] == WHITE)
        self.ball = (int(x[0]), int(y[0]) + BAR) if len(x) else None  # it may have left below
        wrong = np.argwhere(frame != self._picture())
        assert not len(wrong), f"picture {self.frame_count}: {wrong[:5]}"
        self._plan(self)

    def _picture(self):
        """What there should be."""
        frame = np.full((HEIGHT, WIDTH), BACKGROUND)
        for row, column in np.argwhere(self.bricks):
            y, x = WALL_Y + row * BRICK_HEIGHT, WALL_X + column * BRICK_WIDTH
            frame[y:y + BRICK_HEIGHT - 1, x:x + BRICK_WIDTH - 1] = COLOURS[row]
        frame[PADDLE_Y:PADDLE_Y + BALL, self.paddle:self.paddle + PADDLE] = LIGHT
        if self.ball:
            x, y = self.ball
            frame[y:y + BALL, x:x + BALL] = WHITE
        frame[:BAR] = BAR_COLOUR
        middle = self.message or (f"level {self.level}" if self.lives else "game over")
        for text, x in ((str(self.score), 2), (middle, (WIDTH - 8 * len(middle)) // 2)):
            frame[1:9, x:x + 8 * len(text)][text_mask(text)] = WHITE
        for life in range(1, self.lives + 1):
            frame[2:8, WIDTH - 8 * life:WIDTH - 8 * life + 6] = LIGHT
        return frame


def play(plan, cycles_per_ms=SYSTEM.cycles_per_ms):
    """The session of a game, and the player."""
    player = Player(plan)
    config = MachineConfig(cycles_per_ms=cycles_per_ms).fit("display", "keyboard", "block",
                                                            "serial")
    session = boot("bricks; echo $?", display=player, keyboard=player.keyboard, config=config,
                   on_prompt=player.at_prompt, limit=2_000_000_000)
    return session, player


def follow(player):
    """Hold the paddle so that the ball goes to the lowest brick from there."""
    if player.level == 2:
        return player.hold(Key.ESCAPE)
    x, y = player.ball
    row, column = np.argwhere(player.bricks)[-1] if player.bricks.any() else (0, 0)
    target = WALL_X + BRICK_WIDTH * column + BRICK_WIDTH // 2
    way = PADDLE_Y - WALL_Y - BRICK_HEIGHT * row
    off = (target - x) * 2 * (PADDLE + BALL) / (5 * way)
    middle = x + BALL / 2 - min(max(off, -PADDLE / 2), PADDLE / 2)
    error = player.paddle + PADDLE / 2 - middle
    keys = [Key.LEFT] if error > 1.5 else [Key.RIGHT] if error < -1.5 else []
    return player.hold(*keys, Key.SPACE)


def test_who_clears_the_wall_has_its_points_and_the_next_level():
    session, player = play(follow, 700)  # a slow machine shows fewer pictures of the same game
    assert f"Score: {LEVEL}, level 2\n0\n" in session.text
    assert player.score == LEVEL and player.level == 2
    assert not player.bricks[:, 3].any() and player.bricks[:, :3].all()


def test_who_does_not_move_loses_all_balls_and_keeps_the_points():
    def plan(player):
        player.hold(Key.SPACE if player.lives else Key.ESCAPE, Key.LEFT)

    session, player = play(plan)
    assert player.lives == 0 and player.score > 0
    assert f"Score: {player.score}, level 1\n0\n" in session.text


def flight_ms(cycles_per_ms):
    """How long the first ball is under way before it hits a brick."""
    times = []

    def plan(player):
        if player.score:
            times.append(player.golden.now_ms)
            return player.hold(Key.ESCAPE)
        if player.ball[1] != PADDLE_Y - BALL and not times:
            times.append(player.golden.now_ms)
        return player.hold(Key.SPACE)

    play(plan, cycles_per_ms)
    return times[1] - times[0]


def test_the_ball_has_the_same_speed_on_a_slow_and_on_a_fast_machine():
    slow, fast = flight_ms(3_000), flight_ms(40_000)
    assert abs(slow - fast) <= 40
    assert slow > 400


def test_in_a_pause_nothing_moves():
    balls = []

    def plan(player):
        if player.message:
            balls.append(player.ball)
            player.hold()
            now = player.golden.now_ms
            player.keyboard.play([(now + 500, ord("p"), True), (now + 700, Key.ESCAPE, True)])
            player.message = ""
            return
        if balls:
            balls.append(player.ball)
        elif player.ball[1] < PADDLE_Y - 12:
            player.hold(ord("p"))
            player.message = "paused"
        else:
            player.hold(Key.SPACE)

    session, player = play(plan)
    assert "\n0\n" in session.text
    paused, after = balls[:2]
    assert max(abs(a - b) for a, b in zip(paused, after, strict=True)) <= 4
    assert balls[-1] != paused


@pytest.mark.parametrize("width, height", [(64, 48), (200, 60)])
def test_a_display_that_is_too_small_is_refused(width, height):
    session = boot("bricks; echo $?", display=Display(width, height))
    assert "bricks: the display is too small\n1\n" in session.text
