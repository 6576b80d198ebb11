"""The boot loader of a board."""

from system.loader import LoaderOptions, build_loader

__all__ = ["loader_of"]


def loader_of(config):
    """The words for a `BoardConfig`."""
    return build_loader(LoaderOptions(config.machine, cache_words=config.cache_words,
                                      name=config.name))
