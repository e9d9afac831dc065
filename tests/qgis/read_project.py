"""Opens the project in a GeoPackage as QGIS does and prints what it shows; by QGIS's own Python."""

import json
import os
import sys
from typing import Any

from qgis.core import QgsApplication, QgsLayerTreeGroup, QgsProject

QgsApplication.setPrefixPath("/usr", True)
application = QgsApplication([], False)
application.initQgis()
project = QgsProject.instance()
read = project.read(f"geopackage:{sys.argv[1]}?projectName={sys.argv[2]}")


def described(node: Any) -> dict[str, Any]:  # noqa: ANN401 - of QGIS
    if isinstance(node, QgsLayerTreeGroup):
        inner = [described(child) for child in node.children()]
        return {"name": node.name(), "visible": node.isVisible(), "children": inner}
    layer = node.layer()
    return {
        "name": node.name(),
        "visible": node.isVisible(),
        "valid": layer.isValid(),
        "count": layer.featureCount(),
        "crs": layer.crs().authid(),
        "renderer": layer.renderer().type(),
        "display": layer.displayExpression(),
        "tip": layer.mapTipTemplate(),
        "attribution": layer.attribution(),
    }


shown = {
    "read": read,
    "title": project.title(),
    "crs": project.crs().authid(),
    "children": [described(node) for node in project.layerTreeRoot().children()],
}
print(json.dumps(shown), flush=True)  # noqa: T201 - its answer
os._exit(0)  # QGIS may crash while it puts itself away
