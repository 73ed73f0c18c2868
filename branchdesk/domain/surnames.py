"""How Chinese surnames are read where they differ from the everyday reading, and which have two
characters; and the words of firms' and places' names that character by character are read wrongly.

Pinyin libraries read 单 as dan and 曾 as ceng; as surnames they are Shan and Zeng. Source: the
readings given for surnames in 现代汉语词典 and 通用规范汉字表 practice. Data only.
"""

from typing import Final

_SINGLE: Final = (
    "单shan 曾zeng 仇qiu 解xie 朴piao 查zha 任ren 盖ge 区ou 繁po 员yun 召shao 尉wei 华hua "
    "纪ji 缪miao 宓mi 乜nie 冼xian 折she 逄pang 黑he 秘bi 祭zhai 洗xian 种chong 重chong 柏bai "
    "翟zhai 瞿qu 隗wei 燕yan 应ying 哈ha 覃qin 幺yao 乐yue 车che 宁ning 葛ge 贾jia 谌chen "
    "訾zi 郇xun 牟mou 臧zang 褚chu 那na 晁chao 晟cheng 佘she 撒sa 俱ju 莘shen 曲qu 干gan 都du "
    "过guo 阚kan 卜bu 郗xi 角jue 琚ju 句gou 勾gou 眭sui 相xiang 省xing 宿su 盛sheng 沈shen "
    "鲜xian 强qiang 行xing 薄bo 教jiao 能nai 石shi 尹yin 匡kuang 万wan 长zhang 会gui 卒zu "
    "呙guo 妫gui 岑cen 巷xiang 弋yi 戚qi 戴dai 敖ao 朱zhu 乘sheng 洪hong 涂tu 濮pu 炅gui "
    "睢sui 禚zhuo 禤xuan 芮rui 苻fu 藏zang 蕃pi 蹇jian 辛xin 逯lu 适kuo 郄qie 郏jia 鄢yan "
    "酆feng 钭tou 镡tan 阙que 降jiang 陆lu 隽juan 雍yong 靳jin 革ji 颉xie 黄huang 𬭼sui"
)

_COMPOUND: Final = (
    "欧阳ou-yang 司马si-ma 上官shang-guan 诸葛zhu-ge 东方dong-fang 尉迟yu-chi 长孙zhang-sun "
    "令狐ling-hu 万俟mo-qi 澹台tan-tai 单于chan-yu 公孙gong-sun 皇甫huang-fu 慕容mu-rong "
    "宇文yu-wen 夏侯xia-hou 司徒si-tu 司空si-kong 南宫nan-gong 西门xi-men 东郭dong-guo "
    "呼延hu-yan 轩辕xuan-yuan 钟离zhong-li 端木duan-mu 独孤du-gu 拓跋tuo-ba 申屠shen-tu "
    "百里bai-li 闻人wen-ren 公冶gong-ye 宗政zong-zheng 濮阳pu-yang 淳于chun-yu 太叔tai-shu "
    "赫连he-lian 鲜于xian-yu 闾丘lv-qiu 亓官qi-guan 仲孙zhong-sun 子车zi-ju 颛孙zhuan-sun "
    "巫马wu-ma 公西gong-xi 漆雕qi-diao 壤驷rang-si 公良gong-liang 夹谷jia-gu 宰父zai-fu "
    "谷梁gu-liang 段干duan-gan 东门dong-men 羊舌yang-she 微生wei-sheng 梁丘liang-qiu "
    "左丘zuo-qiu 南门nan-men 第五di-wu 乐正yue-zheng 完颜wan-yan 纳兰na-lan 叶赫ye-he "
    "耶律ye-lv 贺兰he-lan 哥舒ge-shu 宿勤su-qin 欧侯ou-hou 公羊gong-yang 即墨ji-mo "
    "东里dong-li"
)

# Characters of given names and the one reading they nearly always have there.
_IN_NAMES: Final = "长cháng 都dū"

_WORDS: Final = (
    "重庆chong-qing 重阳chong-yang 朝阳chao-yang 六安lu-an 蚌埠beng-bu 厦门xia-men 乐清yue-qing "
    "番禺pan-yu 铅山yan-shan 东阿dong-e 阿胶e-jiao 洪洞hong-tong 涡阳guo-yang 黄陂huang-pi "
    "银行yin-hang 商行shang-hang 车行che-hang 粮行liang-hang 茶行cha-hang 药行yao-hang "
    "洋行yang-hang 总行zong-hang 分行fen-hang 支行zhi-hang 行业hang-ye 同行tong-hang "
    "五金行wu-jin-hang 音乐yin-yue 乐器yue-qi 乐团yue-tuan 会计kuai-ji 调味tiao-wei "
    "空调kong-tiao 协调xie-tiao 弹簧tan-huang 参茸shen-rong 人参ren-shen 海参hai-shen "
    "重工zhong-gong"
)


def _readings(table: str, characters: int) -> dict[str, str]:
    return {entry[:characters]: entry[characters:] for entry in table.split()}


WORD_READINGS: Final[dict[str, list[list[str]]]] = {
    "".join(character for character in entry if not character.isascii()): [
        [syllable]
        for syllable in "".join(character for character in entry if character.isascii()).split("-")
    ]
    for entry in _WORDS.split()
}
CHARACTER_READINGS: Final[dict[int, str]] = {
    ord(character): reading for character, reading in _readings(_IN_NAMES, 1).items()
}
SURNAME_READINGS: Final[dict[str, str]] = _readings(_SINGLE, 1)
COMPOUND_SURNAMES: Final[dict[str, tuple[str, ...]]] = {
    surname: tuple(reading.split("-")) for surname, reading in _readings(_COMPOUND, 2).items()
}
