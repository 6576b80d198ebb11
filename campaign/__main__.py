"""Campaigns: `python -m campaign list`, `run`, `resume`, `report`."""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from campaign.executors import Cluster, ClusterError, Executor, Processes
from campaign.progress import progress_on
from campaign.report import figures_into, write_page
from campaign.runner import Plan, Runner
from campaign.store import Campaign, Job, Store, StoreError
from campaign.work import sources
from sim.arguments import above_0, seed
from sim.engine.build import BuildError
from toolchain.places import BUILD, ROOT

__all__ = ["end_as_by_ctrl_c", "main"]

RESULTS = BUILD / "campaign" / "results.db"
PAGE    = BUILD / "campaign" / "report.html"
FIGURES = ROOT / "docs" / "campaigns.md"


def main(argv: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(argv)
    signal.signal(signal.SIGTERM, end_as_by_ctrl_c)
    try:
        return int(options.act(options))
    except (StoreError, ClusterError, BuildError, OSError) as error:
        print(f"campaign: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("campaign: interrupted; `python -m campaign resume` goes on", file=sys.stderr)
        return 130


def end_as_by_ctrl_c(number: int, frame: object) -> None:
    """What batch systems and `timeout` send ends a campaign like ctrl-C: no worker is left."""
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="campaign", description="try many seeds of every kind of verification; results are "
        "kept, a campaign that was interrupted goes on")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FILE",
                        help="where results are kept (default: build/campaign/results.db)")
    parts = parser.add_subparsers(required=True, metavar="list|run|resume|report")

    part = parts.add_parser("list", help="list the kinds and what they try")
    part.set_defaults(act=_list)

    part = parts.add_parser("run", help="begin a campaign")
    part.add_argument("--kinds", nargs="+", metavar="KIND",
                      help="of these, or those that begin so (default: all)")
    part.add_argument("--seconds", type=above_0(float), metavar="S",
                      help="begin no job after this time, counted from when all is built")
    part.add_argument("--count", type=above_0(int), metavar="N", help="seeds of each kind")
    part.add_argument("--first", type=seed, metavar="SEED",
                      help="first seed (default: kinds without end go on behind the seeds of "
                      "earlier campaigns, others begin at 0)")
    part.add_argument("--survivors", action="store_true",
                      help="judge those mutants again that survived, and no others")
    _add_where(part)
    part.set_defaults(act=_run)

    part = parts.add_parser("resume", help="go on with the last campaign, or another one")
    part.add_argument("campaign", type=int, nargs="?")
    _add_where(part)
    part.set_defaults(act=_resume)

    part = parts.add_parser("report", help="write what came of a campaign as a page")
    part.add_argument("campaign", type=int, nargs="?", help="which one (default: the last)")
    part.add_argument("-o", "--output", type=Path, default=PAGE, metavar="FILE",
                      help="default: build/campaign/report.html")
    part.add_argument("--figures", action="store_true",
                      help="write its figures into docs/campaigns.md, too, and those of kinds "
                      "that were not tried since")
    part.set_defaults(act=_report)
    return parser


def _add_where(part: argparse.ArgumentParser) -> None:
    part.add_argument("--figures", action="store_true",
                      help="write its figures into docs/campaigns.md as it ends")
    where = part.add_mutually_exclusive_group()
    where.add_argument("--workers", type=above_0(int), metavar="N",
                       help="processes here (default: one for each core)")
    where.add_argument("--cluster", metavar="ADDRESS",
                       help="scheduler of a Dask cluster, tcp://host:port")
    where.add_argument("--scheduler-file", metavar="FILE",
                       help="the file that the scheduler of a Dask cluster wrote")


def _list(options: argparse.Namespace) -> int:
    from campaign.kinds import KINDS
    width = max(map(len, KINDS))
    for kind in KINDS.values():
        total = "" if kind.total is None else f" ({kind.total():,} {kind.unit})"
        shrinks = "" if kind.shrink is None else "; failures are made small"
        print(f"{kind.name:{width}}  {kind.about}{total}{shrinks}")
    return 0


def _executor(options: argparse.Namespace) -> Executor:
    if options.cluster or options.scheduler_file:
        return Cluster(options.cluster, options.scheduler_file)
    return Processes(options.workers)


def _run(options: argparse.Namespace) -> int:
    from campaign.kinds import KINDS
    names = []
    for wanted in options.kinds or KINDS:
        found = [name for name in KINDS
                 if name == wanted or options.kinds and name.startswith(f"{wanted}-")]
        if not found:
            print(f"campaign: there is no kind {wanted!r}; `python -m campaign list` lists them",
                  file=sys.stderr)
            return 2
        names += found
    if options.survivors:
        return _judge_survivors(options, tuple(dict.fromkeys(names)))
    if options.seconds is None and options.count is None:
        endless = [name for name in names if KINDS[name].total is None]
        if endless:
            print(f"campaign: {', '.join(endless)}: without --seconds or --count there is no end",
                  file=sys.stderr)
            return 2
    store = Store(options.results)
    begun = store.next_seeds()
    firsts = {name: options.first if options.first is not None
              else begun.get(name, 0) if KINDS[name].total is None else 0 for name in names}
    plan = Plan(tuple(dict.fromkeys(names)), options.seconds, options.count, firsts)
    return _carry_out(store, store.begin(plan.as_dict(), sources()), options)


def _judge_survivors(options: argparse.Namespace, names: Sequence[str]) -> int:
    from campaign.kinds import KINDS
    nameless = [name for name in names if KINDS[name].names is None]
    if nameless:
        print(f"campaign: {', '.join(nameless)}: --survivors is for mutants", file=sys.stderr)
        return 2
    store = Store(options.results, must_exist=True)
    campaign = store.begin(Plan(tuple(names), options.seconds, 0).as_dict(), sources())
    for name in names:
        fates, cases = store.fates().get(name, {}), KINDS[name].names
        for number, case in enumerate(cases() if cases else ()):
            if fates.get(case) == "survived":
                store.ask(campaign.id, Job(name, number, 1))
    return _carry_out(store, campaign, options)


def _resume(options: argparse.Namespace) -> int:
    store = Store(options.results, must_exist=True)
    campaign = store.campaign(options.campaign)
    if campaign.is_over:
        print(f"campaign: campaign {campaign.id} is over; `run` begins another one",
              file=sys.stderr)
        return 1
    if campaign.version != sources():
        print(f"campaign: the sources have changed since campaign {campaign.id} began: its seeds "
              "would mean something else; `run` begins another one", file=sys.stderr)
        return 1
    return _carry_out(store, campaign, options)


def _carry_out(store: Store, campaign: Campaign, options: argparse.Namespace) -> int:
    """Run a campaign to its end; 1 if a seed failed, 130 if it was interrupted."""
    from campaign.kinds import KINDS
    with progress_on() as progress:
        runner = Runner(store, campaign, KINDS, _executor(options), progress)
        is_over = runner.run()
    failures = store.failures(campaign.id)
    write_page(store, store.campaign(campaign.id), PAGE)
    if options.figures and is_over:
        figures_into(FIGURES, store, store.campaign(campaign.id))
    print(f"campaign {campaign.id}: {runner.examined:,} seeds, {len(failures)} failures; "
          f"see {PAGE}")
    for name, failure in failures:
        print(f"  {name}, seed {failure.seed}: {failure.why.splitlines()[-1]}\n"
              f"    again: {KINDS[name].command(failure.seed)}")
    if not is_over:
        print("campaign: interrupted; `python -m campaign resume` goes on", file=sys.stderr)
        return 130
    return 1 if failures or not runner.examined else 0


def _report(options: argparse.Namespace) -> int:
    store = Store(options.results, must_exist=True)
    campaign = store.campaign(options.campaign)
    write_page(store, campaign, options.output)
    print(f"campaign: written to {options.output}", file=sys.stderr)
    if options.figures:
        figures_into(FIGURES, store, campaign)
        print(f"campaign: figures written to {FIGURES}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
