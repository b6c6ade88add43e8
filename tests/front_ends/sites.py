"""Five front-ends that people deploy, each on a page of its own, as its manual says."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_PDF = """%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj
4 0 obj<</Length 40>>stream
BT /F 24 Tf 20 100 Td (Timetable) Tj ET
endstream endobj
5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj
trailer<</Root 1 0 R>>
"""
_OPENAPI = json.dumps(
    {
        "openapi": "3.0.0",
        "info": {"title": "Ferries", "version": "1"},
        "paths": {"/ferries": {"get": {"tags": ["ferries"], "responses": {"200": {"description": "all"}}}}},
    }
)


@dataclass(frozen=True)
class FrontEnd:
    """`files`: what of the package is deployed (a file or folder → where it goes). `pages`: what is written
    beside it. The page calls itself `ready` when it has done what it is there for. `accepts`: what its
    developers decide to allow."""

    package: str
    what: str
    files: dict[str, str]
    pages: dict[str, str]
    accepts: tuple[str, ...] = ()

    def build(self, packages: Path, folder: Path) -> None:
        """Lay the site out in `folder`. Raises OSError where the package is not as it was."""
        for source, place in self.files.items():
            path, target = packages / self.package / source, folder / place
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if path.is_dir() else shutil.copy)(path, target)
        for name, text in self.pages.items():
            (folder / name).write_text(text)


def _page(head: str, body: str) -> str:
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>loading</title>"
        f"<link rel=icon href=icon.svg>{head}</head><body>{body}</body></html>"
    )


_ICON = {"icon.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>'}

SWAGGER_UI = FrontEnd(
    "swagger-ui-dist",
    "images in data: URLs, styles in attributes, an API that is asked",
    {name: name for name in ("swagger-ui.css", "swagger-ui-bundle.js", "swagger-ui-standalone-preset.js")},
    {
        **_ICON,
        "api.json": _OPENAPI,
        "start.js": (
            "SwaggerUIBundle({ url: 'api.json', dom_id: '#ui', docExpansion: 'full',"
            " presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset], layout: 'StandaloneLayout',"
            " onComplete: () => { document.title = 'ready' } })"
        ),
        "index.html": _page(
            "<link rel=stylesheet href=swagger-ui.css>",
            "<div id=ui></div><script src=swagger-ui-bundle.js></script>"
            "<script src=swagger-ui-standalone-preset.js></script><script src=start.js></script>",
        ),
    },
)
PYODIDE = FrontEnd(
    "pyodide",
    "WebAssembly and what it fetches",
    {
        name: f"py/{name}"
        for name in (
            "pyodide.mjs",
            "pyodide.asm.mjs",
            "pyodide.asm.wasm",
            "pyodide-lock.json",
            "python_stdlib.zip",
        )
    },
    {
        **_ICON,
        "start.mjs": (
            "import { loadPyodide } from './py/pyodide.mjs';\n"
            "const python = await loadPyodide();\n"
            "document.body.textContent = python.runPython('sum(range(10))');\n"
            "document.title = 'ready'"
        ),
        "index.html": _page("<script type=module src=start.mjs></script>", "…"),
    },
    ("wasm-unsafe-eval", "unsafe-eval"),
)
MONACO = FrontEnd(
    "monaco-editor",
    "workers, a font, style elements of its own making",
    {"min/vs": "vs"},
    {
        **_ICON,
        "start.js": (
            "require.config({ paths: { vs: 'vs' } });\n"
            "require(['vs/editor/editor.main'], monaco => {\n"
            "  monaco.editor.create(document.getElementById('editor'),"
            " { value: '{\"a\": [1, 2}', language: 'json' });\n"
            "  monaco.editor.onDidChangeMarkers(() => { document.title = 'ready' });\n"
            "})"
        ),
        "index.html": _page(
            "<link rel=stylesheet href=vs/editor/editor.main.css><link rel=stylesheet href=site.css>",
            "<div id=editor></div><script src=vs/loader.js></script><script src=start.js></script>",
        ),
        "site.css": "#editor { height: 400px }",
    },
    ("unsafe-inline", "unsafe-eval", "blob:", "data:"),
)
TINYMCE = FrontEnd(
    "tinymce",
    "a frame that is written into, with styles of its own; pictures in blob: URLs",
    {name: f"tinymce/{name}" for name in ("tinymce.min.js", "themes", "models", "icons", "skins", "plugins")},
    {
        **_ICON,
        "start.js": (
            "tinymce.init({ selector: 'textarea', license_key: 'gpl', plugins: 'image',\n"
            "  toolbar: 'image', init_instance_callback: () => { document.title = 'ready' } })"
        ),
        "index.html": _page(
            "",
            "<textarea>&lt;p style='color: teal'&gt;hello&lt;img src='data:image/gif;base64,"
            "R0lGODlhAQABAAAAACwAAAAAAQABAAA='&gt;</textarea>"
            "<script src=tinymce/tinymce.min.js></script><script src=start.js></script>",
        ),
    },
    ("unsafe-inline", "unsafe-eval", "blob:", "data:"),
)
PDF_JS = FrontEnd(
    "pdfjs-dist",
    "a module worker, fonts and character maps that it fetches",
    {
        "build/pdf.min.mjs": "pdf.mjs",
        "build/pdf.worker.min.mjs": "pdf.worker.mjs",
        "standard_fonts": "fonts",
        "web/pdf_viewer.mjs": "pdf_viewer.mjs",
        "web/pdf_viewer.css": "pdf_viewer.css",
        "web/images": "images",
    },
    {
        **_ICON,
        "timetable.pdf": _PDF,
        "start.mjs": (
            "import * as pdfjs from './pdf.mjs';\n"
            "globalThis.pdfjsLib = pdfjs;\n"
            "const { EventBus, PDFViewer } = await import('./pdf_viewer.mjs');\n"
            "pdfjs.GlobalWorkerOptions.workerSrc = 'pdf.worker.mjs';\n"
            "const eventBus = new EventBus();\n"
            "const viewer = new PDFViewer({ container: document.getElementById('viewer'), eventBus });\n"
            "eventBus.on('textlayerrendered', () => { document.title = 'ready' });\n"
            "viewer.setDocument(await pdfjs.getDocument("
            "{ url: 'timetable.pdf', standardFontDataUrl: 'fonts/', useSystemFonts: false }).promise);"
        ),
        "site.css": "#viewer { position: absolute; inset: 0; overflow: auto }",
        "index.html": _page(
            "<link rel=stylesheet href=pdf_viewer.css><link rel=stylesheet href=site.css>"
            "<script type=module src=start.mjs></script>",
            "<div id=viewer><div class=pdfViewer></div></div>",
        ),
    },
    ("unsafe-inline", "unsafe-eval", "blob:", "data:"),
)
ALL = (SWAGGER_UI, PYODIDE, MONACO, TINYMCE, PDF_JS)
