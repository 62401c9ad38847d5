"""Write the documentation of what is published: ``make docs``.

``<NORTH_STAR_DATA>/docs/index.html`` is the catalogue, and ``dbt.html`` beside it dbt's own site.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from orchestration.publishing.current import current_publication
from orchestration.settings import DataFolder, SettingsError
from tools.catalogue.content import Catalogue, tables_beside
from tools.catalogue.dbt_site import dbt_site
from tools.catalogue.pages import Edition, render
from tools.semantic_layer import SemanticLayer, SemanticLayerError


def write_docs(data: DataFolder) -> Path:
    """Write all pages, in place of those of before.

    Returns:
        The page to open.

    Raises:
        SemanticLayerError: nothing is published that has metrics.
    """
    layer = SemanticLayer.of_publication(data)
    published = current_publication(data)
    edition = Edition(
        published_at=published.published_at,
        watermark=published.watermark,
        is_sample=published.is_sample,
        run_id=published.run_id,
    )
    beside = tables_beside(layer.manifest, published.database)
    pages = dict(render(Catalogue(layer.manifest, layer, beside), edition))
    pages["dbt.html"] = dbt_site(layer.manifest, published.database)
    layer.close()

    folder = data.root / "docs"
    incoming = data.root / ".incoming-docs"
    shutil.rmtree(incoming, ignore_errors=True)
    incoming.mkdir()
    for name, page in pages.items():
        (incoming / name).write_text(page, encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    incoming.rename(folder)
    return folder / "index.html"


def main() -> None:
    """Write the pages and say where they are."""
    try:
        print(write_docs(DataFolder.from_environment()))
    except (SemanticLayerError, SettingsError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
