# ruff: noqa: E501 - tables of characters
"""Japanese names in Chinese characters: the readings that most who bear them use.

A family name of the table with a given name behind it is read; anything else is left to the reading as Mandarin. Names
have several readings (a Yuko may be a Hiroko); only the commonest is known here.
"""

import re
from collections.abc import Mapping

_FAMILIES = """
    佐藤 sato 鈴木 suzuki 高橋 takahashi 田中 tanaka 伊藤 ito 渡辺 watanabe 渡邊 watanabe 渡部 watanabe 山本 yamamoto 中村 nakamura
    小林 kobayashi 加藤 kato 吉田 yoshida 山田 yamada 佐々木 sasaki 山口 yamaguchi 松本 matsumoto 井上 inoue 木村 kimura 清水 shimizu
    斎藤 saito 斉藤 saito 齋藤 saito 山崎 yamazaki 阿部 abe 安倍 abe 安部 abe 池田 ikeda 橋本 hashimoto 山下 yamashita 石川 ishikawa
    中島 nakajima 前田 maeda 藤田 fujita 小川 ogawa 岡田 okada 後藤 goto 長谷川 hasegawa 村上 murakami 近藤 kondo 石井 ishii
    坂本 sakamoto 遠藤 endo 青木 aoki 藤井 fujii 西村 nishimura 福田 fukuda 太田 ota 三浦 miura 藤原 fujiwara 岡本 okamoto 松田 matsuda
    中川 nakagawa 中野 nakano 原田 harada 小野 ono 田村 tamura 竹内 takeuchi 金子 kaneko 和田 wada 中山 nakayama 石田 ishida 上田 ueda
    森田 morita 柴田 shibata 酒井 sakai 工藤 kudo 横山 yokoyama 宮崎 miyazaki 宮﨑 miyazaki 宮本 miyamoto 内田 uchida 高木 takagi
    安藤 ando 谷口 taniguchi 大野 ono 丸山 maruyama 今井 imai 高田 takada 藤本 fujimoto 武田 takeda 村田 murata 上野 ueno 杉山 sugiyama
    増田 masuda 菅原 sugawara 平野 hirano 大塚 otsuka 小島 kojima 千葉 chiba 久保 kubo 松井 matsui 岩崎 iwasaki 桜井 sakurai 野口 noguchi
    松尾 matsuo 菊地 kikuchi 野村 nomura 新井 arai 渡邉 watanabe 黒澤 kurosawa 黒沢 kurosawa 手塚 tezuka 三島 mishima 川端 kawabata
    夏目 natsume 芥川 akutagawa 太宰 dazai 谷崎 tanizaki 大江 oe 北野 kitano 新海 shinkai 高畑 takahata 庵野 anno 細田 hosoda 鳥山 toriyama
    尾田 oda 岸本 kishimoto 荒木 araki 草間 kusama 奈良 nara 安藤 ando 坂井 sakai 大坂 osaka 大谷 otani 羽生 hanyu 浅田 asada 錦織 nishikori
    本田 honda 香川 kagawa 中田 nakata 久石 hisaishi 坂口 sakaguchi 宇多田 utada 椎名 shiina 浜崎 hamasaki 濱口 hamaguchi 是枝 koreeda
    小津 ozu 溝口 mizoguchi 三船 mifune 石原 ishihara 小泉 koizumi 岸田 kishida 豊田 toyoda 孫 son 川久保 kawakubo 三宅 miyake 葛飾 katsushika
    松尾 matsuo 与謝野 yosano 宮沢 miyazawa 宮澤 miyazawa 吉本 yoshimoto 東野 higashino 森山 moriyama 役所 yakusho 真田 sanada 二宮 ninomiya
    菅 suga 森 mori 林 hayashi 原 hara 星野 hoshino 米津 yonezu 水木 mizuki 藤子 fujiko 高倉 takakura 樹木 kiki 松嶋 matsushima 小松 komatsu
"""
_GIVEN = """
    春樹 haruki 駿 hayao 明 akira 秀夫 hideo 彌生 yayoi 弥生 yayoi 治虫 osamu 治 osamu 晋三 shinzo 謙 ken 漱石 soseki 由紀夫 yukio 隆 takashi
    龍之介 ryunosuke 康成 yasunari 潤一郎 junichiro 健三郎 kenzaburo 武 takeshi 誠 makoto 勲 isao 秀明 hideaki 守 mamoru 栄一郎 eiichiro
    斉史 masashi 飛呂彦 hirohiko 美智 yoshitomo 忠雄 tadao 翔平 shohei 結弦 yuzuru 真央 mao 圭 kei 圭佑 keisuke 真司 shinji 英寿 hidetoshi
    譲 joe 博信 hironobu 林檎 ringo 竜介 ryusuke 裕和 hirokazu 安二郎 yasujiro 健二 kenji 敏郎 toshiro 慎太郎 shintaro 純一郎 junichiro
    文雄 fumio 正義 masayoshi 玲 rei 一生 issei 北斎 hokusai 芭蕉 basho 晶子 akiko 賢治 kenji 圭吾 keigo 大道 daido 広司 koji 広之 hiroyuki
    和也 kazunari 義偉 yoshihide 源 gen 玄師 kenshi 健 ken 希林 kirin 洋子 yoko 直美 naomi 太郎 taro 一郎 ichiro 次郎 jiro 花子 hanako 健太 kenta
    翔太 shota 拓也 takuya 拓哉 takuya 直樹 naoki 和夫 kazuo 一雄 kazuo 正雄 masao 茂 shigeru 実 minoru 清 kiyoshi 進 susumu 勝 masaru 浩 hiroshi
    博 hiroshi 宏 hiroshi 弘 hiroshi 豊 yutaka 聡 satoshi 哲 satoshi 剛 tsuyoshi 徹 toru 亮 ryo 涼 ryo 大輔 daisuke 健一 kenichi 裕子 yuko 陽子 yoko
    恵子 keiko 京子 kyoko 久美子 kumiko 真由美 mayumi 明美 akemi 由美子 yumiko 智子 tomoko 美咲 misaki 愛 ai 葵 aoi 陽菜 hina 結衣 yui 舞 mai
"""
_SOUNDS = """
    春 haru 夏 natsu 秋 aki 冬 fuyu 樹 ki 夫 o 雄 o 男 o 郎 ro 太 ta 介 suke 助 suke 輔 suke 也 ya 哉 ya 彦 hiko 子 ko 美 mi 恵 e 江 e 枝 e 絵 e
    香 ka 花 ka 華 ka 奈 na 菜 na 理 ri 里 ri 梨 ri 代 yo 世 yo 一 kazu 和 kazu 二 ji 次 ji 三 zo 吾 go 平 hei 正 masa 雅 masa 昌 masa 政 masa
    信 nobu 伸 nobu 幸 yuki 行 yuki 雪 yuki 之 yuki 智 tomo 友 tomo 朋 tomo 光 mitsu 義 yoshi 良 yoshi 吉 yoshi 好 yoshi 秀 hide 英 hide 弘 hiro
    博 hiro 宏 hiro 浩 hiro 裕 hiro 広 hiro 俊 toshi 敏 toshi 利 toshi 孝 taka 隆 taka 貴 taka 高 taka 久 hisa 康 yasu 安 yasu 泰 yasu 直 nao
    尚 nao 哲 tetsu 昭 aki 章 aki 明 aki 晃 aki 千 chi 智 tomo 真 ma 麻 ma 由 yu 優 yu 勇 yu 祐 yu 紀 ki 希 ki 貴 taka 輝 teru 照 teru 茂 shige
    重 shige 忠 tada 辰 tatsu 達 tatsu 竜 tatsu 龍 tatsu 洋 yo 陽 yo 健 ken 賢 ken 慎 shin 伸 shin 晋 shin 大 dai 翔 sho 翼 tsubasa 圭 kei 慶 kei
    純 jun 潤 jun 淳 jun 涼 ryo 亮 ryo 遼 ryo 悠 yu 結 yu 愛 ai 彩 aya 綾 aya 文 fumi 史 shi 志 shi 司 ji 治 ji 沙 sa 佐 sa 早 sa 百合 yuri
"""


def _table(words: str) -> Mapping[str, str]:
    listed = words.split()
    return dict(zip(listed[::2], listed[1::2], strict=True))


_READ_FAMILIES = _table(_FAMILIES)
_READ_GIVEN = _table(_GIVEN)
_READ_SOUNDS = _table(_SOUNDS)


def _any_of(words: Mapping[str, str]) -> str:
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))


_NAME = re.compile(
    f"(?P<family>{_any_of(_READ_FAMILIES)})[ \u3000]?(?:(?P<given>{_any_of(_READ_GIVEN)})|(?P<sounds>(?:{_any_of(_READ_SOUNDS)}){{1,3}}))"
)
_SOUND = re.compile(_any_of(_READ_SOUNDS))


def family_of(name: str) -> str:
    """The family name that a name in Chinese characters begins with, where it is Japanese; else empty."""
    found = _NAME.fullmatch(name)
    return found["family"] if found else ""


def readings(text: str, *, given_first: bool) -> Mapping[int, str]:
    """How the characters of Japanese names in a text are read, by index: the whole of a name at its first character.

    Args:
        text: any text.
        given_first: as in the West: what is read at the family name is the given name, and the other way round.
    """
    found: dict[int, str] = {}
    for name in _NAME.finditer(text):
        family = _READ_FAMILIES[name["family"]]
        given = _READ_GIVEN.get(name["given"] or "") or "".join(
            _READ_SOUNDS[one] for one in _SOUND.findall(name["sounds"] or "")
        )
        group = "given" if name["given"] else "sounds"
        found.update(dict.fromkeys((*range(*name.span("family")), *range(*name.span(group))), ""))
        found[name.start("family")], found[name.start(group)] = (given, family) if given_first else (family, given)
    return found
