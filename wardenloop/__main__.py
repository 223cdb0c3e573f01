"""`wardenloop` and `python -m wardenloop`: thin doors to the command, which is part of the simulator."""

from importlib import import_module

from wardenloop import payload


def main() -> None:
    """Run the command with the words of this process."""
    payload.enter()
    import_module("common.cli.main").main(prog_name="wardenloop")


if __name__ == "__main__":
    main()
