"""The two themes. Text has a contrast of 4.5:1 at least on each ground it is used on (a test computes it)."""

from textual.theme import Theme

NIGHT = "nuit"
DAY = "jour"


def _theme(
    name: str, *, dark: bool, ground: tuple[str, str, str], text: tuple[str, str], **tints: str
) -> Theme:
    """`ground`: background, surface, panel. `text`: foreground, muted. `tints`: the five meanings."""
    background, surface, panel = ground
    foreground, muted = text
    cursor, on_cursor = tints["cursor"], tints["on_cursor"]
    return Theme(
        name=name,
        dark=dark,
        background=background,
        surface=surface,
        panel=panel,
        foreground=foreground,
        primary=tints["primary"],
        secondary=tints["primary"],
        accent=tints["accent"],
        warning=tints["warning"],
        error=tints["error"],
        success=tints["success"],
        variables={
            "text": foreground,
            "text-muted": muted,
            "text-primary": tints["primary"],
            "text-accent": tints["accent"],
            "text-warning": tints["warning"],
            "text-error": tints["error"],
            "text-success": tints["success"],
            "block-cursor-background": cursor,
            "block-cursor-foreground": on_cursor,
            "block-cursor-blurred-background": panel,
            "block-cursor-blurred-foreground": foreground,
            "border": tints["accent"],
            "border-blurred": muted,
            "footer-background": panel,
            "footer-key-foreground": tints["accent"],
            "footer-description-foreground": foreground,
            "input-selection-background": cursor,
            "scrollbar": muted,
            "scrollbar-hover": tints["accent"],
            "scrollbar-active": tints["accent"],
            "scrollbar-background": surface,
            "scrollbar-background-hover": surface,
            "scrollbar-background-active": surface,
            "scrollbar-corner-color": surface,
        },
    )


THEMES = (
    _theme(
        NIGHT,
        dark=True,
        ground=("#12161d", "#171c25", "#242c3a"),
        text=("#e4e8ef", "#a3adbd"),
        primary="#8fb8f6",
        accent="#f0c05a",
        warning="#f2a65e",
        error="#f58d8d",
        success="#86cf95",
        cursor="#2b5ea7",
        on_cursor="#ffffff",
    ),
    _theme(
        DAY,
        dark=False,
        ground=("#fbfaf7", "#f2f0ea", "#e3e0d6"),
        text=("#1d222b", "#545c69"),
        primary="#1b4f94",
        accent="#7a4b00",
        warning="#914000",
        error="#a31c1c",
        success="#1f6331",
        cursor="#1b4f94",
        on_cursor="#ffffff",
    ),
)
