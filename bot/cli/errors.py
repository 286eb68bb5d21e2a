"""What goes wrong, in a line that says how to mend it; a traceback is for bugs, and never shows a token.

Exit statuses: 0 done, 1 failed, 2 typed or set wrongly, 130 stopped by Ctrl-C, 141 when nobody reads our output.
"""

import io
import os
import sys
import traceback
from typing import Final, NoReturn

import click

FAILED: Final = 1
USAGE: Final = 2
INTERRUPTED: Final = 130
NO_READER: Final = 141


class Failed(Exception):
    """The command could not do what was asked. The text says what is wrong and what was expected."""


def run(command: click.Command) -> NoReturn:
    """Run a command with the arguments of this process, and exit."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A file's name goes out as its bytes came in, UTF-8 or not.
        sys.stdout.reconfigure(errors="surrogateescape")
    try:
        status = command.main(prog_name="newsbot", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would complain once more when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(NO_READER)
    except SystemExit as ended:
        # click exits by itself where a reader has gone, with the status of a failure, and nowhere else with that.
        sys.exit(NO_READER if ended.code == FAILED else ended.code)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(INTERRUPTED)
    except Exception as error:
        sys.exit(report_error(error))
    sys.exit(status if isinstance(status, int) else 0)


def report_error(error: Exception) -> int:
    """Say on stderr what is wrong; the exit status that goes with it."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return USAGE
    if isinstance(error, click.UsageError):
        _say(error.format_message())
        if error.ctx is not None:
            click.echo(f"Try '{error.ctx.command_path} --help'.", err=True)
        return USAGE
    from bot.errors import BadSetting, NewsbotError
    from bot.ingest.errors import IngestError
    from storage.errors import StorageError

    if isinstance(error, BadSetting):
        for line in str(error).splitlines():
            _say(line)
        return USAGE
    if isinstance(error, Failed | NewsbotError | IngestError | StorageError):
        _say(str(error))
    elif isinstance(error, click.ClickException):
        _say(error.format_message())
    elif isinstance(error, OSError):
        _say(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    elif _is_refused_token(error):
        # The library's text shows the token.
        _say("NEWSBOT_TOKEN: Telegram refuses this token; expected the one that @BotFather shows for your bot")
    else:
        _show_bug(error)
    return FAILED


def _is_refused_token(error: Exception) -> bool:
    from telegram.error import InvalidToken  # takes long to load, and every other error is told by now

    return isinstance(error, InvalidToken)


def _say(line: str) -> None:
    click.echo(f"newsbot: {line}", err=True)


def _show_bug(error: Exception) -> None:
    from bot.logs import masked

    click.echo(masked("".join(traceback.format_exception(error))), err=True, nl=False)
    _say("this is a mistake of the program, not yours; please report it with the lines above")
