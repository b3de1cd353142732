"""Runs a command on a pseudo-terminal, types keys when texts appear, and reads the screen back.

usage: pty-session.py < request.json > answer.json
request: {command, cwd, env, columns, rows, seconds, steps: [{wait, send}]}; keys are sent once the text stands below the last answer
answer: {screens: [lines before each send], last: lines at the end, code}
"""
import fcntl, json, os, pty, re, select, struct, sys, termios, time

request = json.load(sys.stdin)
columns, rows = request["columns"], request["rows"]


class Screen:
    """As much of a terminal as programs use that redraw a few lines: cursor moves, erasing, wrapping."""

    def __init__(self):
        self.lines, self.x, self.y = [[]], 0, 0

    def text(self):
        return ["".join(line).rstrip() for line in self.lines]

    def put(self, char):
        if self.x >= columns:
            self.x = 0
            self.down()
        line = self.lines[self.y]
        line.extend(" " * (self.x + 1 - len(line)))
        line[self.x] = char
        self.x += 1

    def down(self, count=1):
        self.y += count
        while len(self.lines) <= self.y:
            self.lines.append([])

    def control(self, numbers, action):
        count = int(numbers or 1) if (numbers or "1").isdigit() else 1
        if action == "A":
            self.y = max(0, self.y - count)
        elif action == "B":
            self.down(count)
        elif action == "C":
            self.x = min(columns - 1, self.x + count)
        elif action == "D":
            self.x = max(0, min(self.x, columns - 1) - count)
        elif action == "G":
            self.x = count - 1
        elif action == "K":
            if numbers == "2":
                self.lines[self.y] = []
            elif numbers in ("", "0"):
                del self.lines[self.y][self.x :]
        elif action == "J":
            del self.lines[self.y][self.x :]
            del self.lines[self.y + 1 :]

    def feed(self, text):
        at = 0
        while at < len(text):
            sequence = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])").match(text, at)
            if sequence:
                self.control(*sequence.groups())
                at = sequence.end()
                continue
            char = text[at]
            at += 1
            if char == "\r":
                self.x = 0
            elif char == "\n":
                self.down()
            elif char == "\b":
                self.x = max(0, self.x - 1)
            elif char >= " ":
                self.put(char)


size = struct.pack("HHHH", rows, columns, 0, 0)
pid, master = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, size)
    os.chdir(request["cwd"])
    os.execvpe(request["command"][0], request["command"], {**os.environ, "TERM": "xterm", **request["env"]})

screen, screens, pending = Screen(), [], b""
deadline = time.time() + request["seconds"]


def read():
    """Reads what is there; False at the end."""
    global pending
    ready, _, _ = select.select([master], [], [], 0.1)
    if not ready:
        return True
    try:
        data = os.read(master, 65536)
    except OSError:
        return False
    if not data:
        return False
    pending += data
    # an escape sequence or a letter may be cut
    cut = re.search(rb"(\x1b(\[[?0-9;]*)?|[\xc0-\xff][\x80-\xbf]*)$", pending)
    whole = pending[: cut.start()] if cut and len(cut.group()) < 4 else pending
    pending = pending[len(whole) :]
    screen.feed(whole.decode("utf-8", "replace"))
    return True


def asks(text):
    """True where a question is open and the text stands in it or right above; what was answered does not count."""
    lines = screen.text()[-rows:]
    answered = max((at for at, line in enumerate(lines) if line.startswith("✔")), default=-1)
    fresh = lines[answered + 1 :]
    return any(line.startswith("?") for line in fresh) and any(text in line for line in fresh)


def settle():
    """Reads until nothing was drawn for a while."""
    alive, drawn, quiet = True, screen.text(), time.time()
    while alive and time.time() < min(quiet + 0.3, deadline):
        alive = read()
        if screen.text() != drawn:
            drawn, quiet = screen.text(), time.time()
    return alive


alive = True
for step in request["steps"]:
    while alive and time.time() < deadline and not asks(step["wait"]):
        alive = read()
    alive = alive and settle()
    screens.append(screen.text()[-rows:])
    if alive:
        os.write(master, step["send"].encode())
        alive = settle()
while alive and time.time() < deadline:
    alive = read()
if alive:
    os.kill(pid, 9)
_, status = os.waitpid(pid, 0)
json.dump({"screens": screens, "last": screen.text(), "code": os.waitstatus_to_exitcode(status)}, sys.stdout)
