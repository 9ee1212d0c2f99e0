"""The end of a load: files into place, then one transaction that lists them."""

import shutil
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from anomaly.errors import DataRefusedError, UsageError
from anomaly.policy.read import policy
from anomaly.store.account import Account
from anomaly.store.catalog import Part, SourceFile
from anomaly.store.rehome import rehome, visits_again
from anomaly.store.remarks import Remark
from anomaly.store.store import Store


def files_of_batch(store: Store, batch: str) -> list[SourceFile]:
    """Return the files of an earlier batch; UsageError where there is none such."""
    if not batch:
        return []
    known = store.catalog.source_files()
    found = [file for file in known if file.batch == batch]
    if not found:
        batches = sorted({file.batch for file in known})
        raise UsageError(
            f"batch '{batch}': there is none",
            expected=f"one of {', '.join(batches) or 'none yet'}",
            todo="see: anomaly store status --store ...",
        )
    return found


def made_from(part: Part, files: Sequence[SourceFile]) -> bool:
    """Say whether a part was made from one of the files."""
    return any(part.key.startswith(file.part_key) for file in files)


def refuse_poor(files: Sequence[SourceFile]) -> None:
    """Raise DataRefusedError where a file has more quarantined rows than allowed."""
    allowed = policy("load")["strict"]["quarantined"]
    for file in files:
        book = Account.from_json(file.account)
        if book.read and book.quarantined / book.read > allowed:
            raise DataRefusedError(
                f"{file.file_name}: {book.quarantined} of {book.read} rows would be"
                f" quarantined ({book.quarantined / book.read:.1%})",
                expected=f"at most {allowed:.1%} in a strict load",
                todo="repair the export, or load without --strict",
            )


def commit(
    store: Store,
    parts: Sequence[tuple[Path, Part]],
    files: Sequence[SourceFile],
    remarks: Sequence[Remark],
    *,
    replaces: str,
    leaving: Sequence[SourceFile],
    key_mark: str,
) -> None:
    """Move files into place, then list them all in one transaction.

    ``leaving`` are the files whose rows leave, those of the batch ``replaces`` and
    those that come in anew; ``key_mark`` is of the key of digests, '' without one.
    Killed before the transaction, the files lie unlisted and are swept by the
    next writer; killed after it, nothing is missing.
    """
    hashes = "".join(sorted(file.sha256 for file in files))
    batch = sha256(hashes.encode()).hexdigest()[:16]
    gone = [part for part in store.catalog.all_parts() if made_from(part, leaving)]
    moved, left = rehome(store, list(parts))
    again = visits_again(store, list(parts), gone)
    parts, gone = [*parts, *moved, *again], [*gone, *left]
    gone += _waited(store, files)
    for path, part in parts:
        shutil.move(path, store.root / part.path)
    with store.catalog.transaction():
        store.catalog.retire(gone)
        if replaces:
            store.catalog.remove_source_files(replaces)
        restated = _restated(store, [part for _, part in parts], gone)
        store.catalog.add_parts(part for _, part in parts)
        for file in files:
            own = file.batch or batch
            store.catalog.add_source_file(SourceFile(**(vars(file) | {"batch": own})))
        store.catalog.count_load()
        store.catalog.note_key_mark(key_mark)
        store.catalog.add_restated(batch, restated)
        store.catalog.add_remarks(batch, remarks)


def _waited(store: Store, files: Sequence[SourceFile]) -> list[Part]:
    """Return the quarantine of files that were looked at again: it is written anew."""
    keys = tuple(file.part_key for file in files)
    return [part for part in store.parts("quarantine") if part.key.startswith(keys)]


def _restated(
    store: Store, coming: Sequence[Part], gone: Sequence[Part]
) -> dict[str, int]:
    """Return month -> settlements that come or go, for months that were there."""
    before = {part.month for part in [*store.parts("settlement"), *gone]}
    changed: dict[str, int] = {}
    for part in [*coming, *gone]:
        if part.dataset == "settlement" and part.month in before:
            changed[part.month] = changed.get(part.month, 0) + part.row_count
    return changed
