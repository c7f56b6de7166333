"""The command line's French voice: help, and what is said of a wrong use."""

from difflib import get_close_matches
from typing import Any

from typer._click import Command, Context, HelpFormatter
from typer._click import exceptions as faults
from typer._coercion import bool_flag_type_descriptor
from typer.core import TyperCommand, TyperGroup, TyperOption

from console.base.errors import RefusedInputError
from console.base.french import THIN

GIVEN = "hotliner.options"
"""Where the settings given on the command line are, by name."""
_HELP = "Afficher cette aide."


class _French(Command):
    def get_help_option(self, ctx: Context) -> Any:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = _HELP
        return option

    def format_usage(self, ctx: Context, formatter: HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), "Usage : ")

    def collect_usage_pieces(self, ctx: Context) -> list[str]:
        arguments = [param.metavar for param in self.params if param.param_type_name == "argument"]
        return ["[OPTIONS]", *(name for name in arguments if name)]

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        params = self.get_params(ctx)
        arguments = [p for p in params if p.param_type_name == "argument"]
        options = [p for p in params if p.param_type_name == "option"]
        if arguments:
            with formatter.section(f"Arguments{THIN}"):
                formatter.write_dl([(p.metavar or "", p.help or "") for p in arguments])  # type: ignore[attr-defined]
        with formatter.section(f"Options{THIN}"):
            formatter.write_dl([record for p in options if (record := p.get_help_record(ctx))])

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except faults.UsageError as error:
            raise RefusedInputError(
                _in_french(error), todo=f"Aide : « {ctx.command_path} --help »."
            ) from None


class FrenchCommand(_French, TyperCommand):
    """A command whose help and errors are in French."""


class OnBase(FrenchCommand):
    """A command on the working base: it may make a trial base, or be sure of a date that is doubted."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.params += [_flag(name, said) for name, said in FLAGS.items()]


FLAGS = {
    "--essai": "Une base qui est faite est une base d’essai.",
    "--date-sure": "Écrire à cette date, même si elle étonne.",
}


def _flag(name: str, said: str) -> TyperOption:
    def given(ctx: Context, _param: object, value: bool) -> None:
        if value:
            ctx.meta.setdefault(GIVEN, {})[name.lstrip("-").replace("-", "_")] = "true"

    return TyperOption(
        param_decls=[name],
        type_descriptor=bool_flag_type_descriptor(),
        is_flag=True,
        default=False,
        expose_value=False,
        callback=given,
        help=said,
    )


class FrenchGroup(_French, TyperGroup):
    """The program itself: its help lists the commands."""

    def collect_usage_pieces(self, ctx: Context) -> list[str]:
        """Options, then a command."""
        return [*super().collect_usage_pieces(ctx), "[COMMANDE]"]

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        """The options, then every command with its first sentence."""
        super().format_options(ctx, formatter)
        rows = [(name, self.commands[name].get_short_help_str(limit=90)) for name in self.list_commands(ctx)]
        with formatter.section(f"Commandes{THIN}"):
            formatter.write_dl(rows)

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        """The command named; RefusedInputError suggests the nearest when there is none."""
        name = args[0]
        if name not in self.commands:
            near = get_close_matches(name, self.commands, 1)
            hint = f"Vouliez-vous dire « {near[0]} » ? " if near else ""
            raise RefusedInputError(
                f"La commande « {name} » n’existe pas.", todo=f"{hint}Aide : « {ctx.command_path} --help »."
            )
        return super().resolve_command(ctx, args)


def _in_french(error: faults.UsageError) -> str:
    match error:
        case faults.NoSuchOption():
            near = f" (voir {', '.join(sorted(error.possibilities))})" if error.possibilities else ""
            return f"L’option « {error.option_name} » n’existe pas{near}."
        case faults.BadOptionUsage():
            need = "attend une valeur" if "requires" in error.message else "n’attend pas de valeur"
            return f"L’option « {error.option_name} » {need}."
        case faults.MissingParameter() if error.param is not None:
            return f"Il manque {error.param.metavar or error.param.name}."
        case faults.BadParameter() if error.param is not None:
            wanted = error.param.metavar
            name = next((opt for opt in error.param.opts if opt.startswith("-")), wanted)
            return f"La valeur de « {name} » est refusée ; attendu : {wanted}."
    extra = error.message.rpartition("(")[2].rstrip(")")
    return f"Arguments en trop : {extra}." if extra else "La commande est mal écrite."
