"""A program in a pseudo-terminal: keys in, the screen that it draws out."""
import fcntl, os, pty, re, select, signal, struct, termios, time


class Terminal:
    """For programs that draw whole screens, from cursor home to the erased rest."""

    def __init__(self, command, columns, rows):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm-256color"
            os.execvp(command[0], command)
        self.output = b""
        self.resize(columns, rows)

    def resize(self, columns, rows):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, keys):
        os.write(self.fd, keys.encode())

    def read(self, seconds):
        end = time.time() + seconds
        while time.time() < end:
            if select.select([self.fd], [], [], 0.05)[0]:
                try:
                    data = os.read(self.fd, 65536)
                except OSError:  # The program has ended.
                    return
                if not data:
                    return
                self.output += data

    def screen(self):
        """The last whole screen, without styles."""
        frames = re.findall(rb"\x1b\[H(.*?)\x1b\[J", self.output, re.S)
        text = frames[-1].decode() if frames else ""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r", "")

    def until(self, words, seconds=60):
        end = time.time() + seconds
        while time.time() < end:
            self.read(0.2)
            if all(word in self.screen() for word in words):
                return self.screen()
        raise AssertionError(f"not within {seconds} s: {words}\n{self.screen()}\n{self.output[-500:]}")

    def ends(self, seconds=20):
        """Waits for the end; its exit status and what it left on the terminal."""
        self.read(1)
        end = time.time() + seconds
        while time.time() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status), self.output
            self.read(0.2)
        os.kill(self.pid, signal.SIGKILL)
        raise AssertionError("the program does not end")
