"""Another city, from the text of its gazette alone; this one is invented. 另一个城市（虚构数据）。"""

import os
import subprocess
from pathlib import Path

from geo import open_edition, regions

TABLE = """\
序号	用途	标定区域编号	标定区域四至	标准宗地名称	土地位置	权利类型	土地面积(m2)	设定容积率	设定开发程度	设定使用年期	地面单价(元/m2)	楼面单价(元/m2)
1	商服用地	990100S50001	东至二号路、西至一号路、南至甲街、北至乙街	示例商铺一	一号路与甲街交叉口东北角	出让	2000	2	七通一平	40	3000	1500
2	商服用地	990100S50002	东至三号路、西至二号路、南至甲街、北至乙街	示例商铺二	二号路与乙街交叉口东南角	出让	2500	2	七通一平	40	2400	1200
"""
NOTICE = """\
city = "示例市"
admin_code = "990100"
title = "示例市标定地价（虚构）"
document = "虚构〔2030〕1号"
publisher = "虚构"
valuation_date = 2030-01-01
effective_from = 2030-06-01
centre = { lon = 114.5, lat = 33.5 }

[counts]
commercial = 2
residential = 0
industrial = 0

[maps]
title = "{use}"
compiler = "虚构"
date = "2030-06"
"""

city = Path("example-city")
(city / "gazette").mkdir(parents=True, exist_ok=True)
(city / "gazette" / "2030.tsv").write_text(TABLE, encoding="utf-8")
(city / "gazette" / "2030.toml").write_text(NOTICE, encoding="utf-8")
subprocess.run(["landprice", "build"], check=True, env={**os.environ, "LANDPRICE_DATA": str(city)})

frame = regions(open_edition(city))
print(frame[["bound_west", "bound_east", "ground_price_cny_m2", "placement"]].to_string())
