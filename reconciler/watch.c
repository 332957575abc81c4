/* SPDX-License-Identifier: Apache-2.0 */
#include "reconciler/watch.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "state/file.h"

enum { INTERVAL_MILLISECONDS = 2000, USUAL_COLUMNS = 80, USUAL_ROWS = 24 };

/* The second screen of a terminal keeps what stood on the first. */
#define ENTER "\033[?1049h\033[?25l"
#define LEAVE "\033[?25h\033[?1049l"
#define HOME  "\033[H"
#define REST  "\033[J"

struct screen {
	struct termios before;
	sigset_t signals_before;
	int signals; /* a signalfd */
};

bool sp_watch_is_possible(void)
{
	const char *term = getenv("TERM");

	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term && term[0] && strcmp(term, "dumb") != 0;
}

/* Whether the locale of the terminal is UTF-8. */
static bool is_unicode(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = getenv(names[i]);

		if (value && value[0])
			return strstr(value, "UTF-8") || strstr(value, "utf8") || strstr(value, "UTF8");
	}
	return false;
}

static bool open_screen(struct screen *screen)
{
	static const int watched[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH };
	struct termios raw;
	sigset_t signals;

	sigemptyset(&signals);
	for (size_t i = 0; i < sizeof watched / sizeof *watched; i++)
		sigaddset(&signals, watched[i]);
	if (tcgetattr(STDIN_FILENO, &screen->before) != 0)
		return false;
	sigprocmask(SIG_BLOCK, &signals, &screen->signals_before);
	screen->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	raw = screen->before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO); /* keys come at once, and are not shown; Ctrl-C stays a signal */
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	sp_write_all(STDOUT_FILENO, ENTER, strlen(ENTER));
	return screen->signals >= 0;
}

static void close_screen(struct screen *screen)
{
	sp_write_all(STDOUT_FILENO, LEAVE, strlen(LEAVE));
	tcsetattr(STDIN_FILENO, TCSANOW, &screen->before);
	if (screen->signals >= 0)
		close(screen->signals);
	sigprocmask(SIG_SETMASK, &screen->signals_before, NULL);
}

/* Lines that would not fit are cut off below, as a screen that scrolls cannot be drawn over. */
static void show(const char *text, size_t rows)
{
	struct sp_text screen = { 0 };
	size_t line = 0;

	sp_text_add(&screen, HOME);
	for (; *text && line + 1 < rows; text++) {
		if (*text == '\n') {
			sp_text_add(&screen, "\033[K\r\n");
			line++;
		} else {
			sp_text_add_char(&screen, *text);
		}
	}
	sp_text_add(&screen, REST);
	sp_write_all(STDOUT_FILENO, screen.bytes, screen.length);
	sp_text_free(&screen);
}

/* Whether to go on, after two seconds or at once when the window has another size. */
static bool wait_for_next(const struct screen *screen)
{
	struct pollfd files[] = { { STDIN_FILENO, POLLIN, 0 }, { screen->signals, POLLIN, 0 } };
	struct signalfd_siginfo signal;
	char key;

	if (poll(files, 2, INTERVAL_MILLISECONDS) <= 0)
		return true;
	if (files[1].revents && read(screen->signals, &signal, sizeof signal) == (ssize_t)sizeof signal)
		return signal.ssi_signo == SIGWINCH;
	return files[0].revents == 0 || (read(STDIN_FILENO, &key, 1) == 1 && key != 'q' && key != 'Q' && key != 4);
}

void sp_watch(sp_watch_function *draw, void *context)
{
	bool unicode = is_unicode();
	struct screen screen;
	bool goes_on = open_screen(&screen);

	while (goes_on) {
		struct winsize size = { .ws_row = USUAL_ROWS, .ws_col = USUAL_COLUMNS };
		struct sp_text text = { 0 };

		ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
		goes_on = draw(context, &text, size.ws_col > 0 ? size.ws_col : USUAL_COLUMNS, unicode);
		show(sp_text_string(&text), size.ws_row > 0 ? size.ws_row : USUAL_ROWS);
		sp_text_free(&text);
		goes_on = goes_on && wait_for_next(&screen);
	}
	close_screen(&screen);
}
