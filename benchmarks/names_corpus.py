# ruff: noqa: E501, RUF001 - lists of names and sentences in many alphabets
"""Names of many languages, each in Latin letters and in its own, and prompts that name nobody.

Facts only: who wrote or sang under which name. All names and prompts are split in two halves by a rule that looks at
nothing but their place; one half was looked at while the matcher was made, the other is what is reported.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

_NAMES = """
    Russian: Fyodor Dostoevsky=Фёдор Достоевский; Anna Akhmatova=Анна Ахматова; Mikhail Bulgakov=Михаил Булгаков; Marina Tsvetaeva=Марина Цветаева; Sergei Rachmaninoff=Сергей Рахманинов; Ivan Turgenev=Иван Тургенев; Nikolai Gogol=Николай Гоголь; Alexander Pushkin=Александр Пушкин
    Ukrainian: Taras Shevchenko=Тарас Шевченко; Lesya Ukrainka=Леся Українка; Ivan Franko=Іван Франко; Hryhorii Skovoroda=Григорій Сковорода; Vasyl Stefanyk=Василь Стефаник; Olha Kobylianska=Ольга Кобилянська
    Bulgarian: Hristo Botev=Христо Ботев; Ivan Vazov=Иван Вазов; Peyo Yavorov=Пейо Яворов; Elin Pelin=Елин Пелин; Dora Gabe=Дора Габе; Vasil Levski=Васил Левски
    Serbian: Nikola Tesla=Никола Тесла; Ivo Andric=Иво Андрић; Milos Crnjanski=Милош Црњански; Desanka Maksimovic=Десанка Максимовић; Branko Copic=Бранко Ћопић; Danilo Kis=Данило Киш
    Greek: Nikos Kazantzakis=Νίκος Καζαντζάκης; Odysseas Elytis=Οδυσσέας Ελύτης; Giorgos Seferis=Γιώργος Σεφέρης; Maria Callas=Μαρία Κάλλας; Mikis Theodorakis=Μίκης Θεοδωράκης; Melina Mercouri=Μελίνα Μερκούρη
    Arabic: Naguib Mahfouz=نجيب محفوظ; Mahmoud Darwish=محمود درويش; Taha Hussein=طه حسين; Nizar Qabbani=نزار قباني; Omar Sharif=عمر شريف; Khalil Gibran=خليل جبران
    Persian: Forugh Farrokhzad=فروغ فرخزاد; Sadegh Hedayat=صادق هدایت; Abbas Kiarostami=عباس کیارستمی; Ahmad Shamlou=احمد شاملو; Nima Yushij=نیما یوشیج; Simin Behbahani=سیمین بهبهانی
    Hebrew: Amos Oz=עמוס עוז; David Grossman=דוד גרוסמן; Leah Goldberg=לאה גולדברג; Natan Alterman=נתן אלתרמן; Shmuel Agnon=שמואל עגנון; Yehuda Amichai=יהודה עמיחי
    Hindi: Munshi Premchand=मुंशी प्रेमचंद; Lata Mangeshkar=लता मंगेशकर; Mahadevi Varma=महादेवी वर्मा; Kishore Kumar=किशोर कुमार; Raj Kapoor=राज कपूर; Harivansh Bachchan=हरिवंश बच्चन
    Bengali: Rabindranath Tagore=রবীন্দ্রনাথ ঠাকুর; Satyajit Ray=সত্যজিৎ রায়; Kazi Nazrul=কাজী নজরুল; Jibanananda Das=জীবনানন্দ দাশ; Ritwik Ghatak=ঋত্বিক ঘটক; Begum Rokeya=বেগম রোকেয়া
    Tamil: Subramania Bharati=சுப்பிரமணிய பாரதி; Sivaji Ganesan=சிவாஜி கணேசன்; Kannadasan Muthiah=கண்ணதாசன் முத்தையா; Balachander Kailasam=பாலசந்தர் கைலாசம்
    Georgian: Shota Rustaveli=შოთა რუსთაველი; Niko Pirosmani=ნიკო ფიროსმანი; Ilia Chavchavadze=ილია ჭავჭავაძე; Galaktion Tabidze=გალაკტიონ ტაბიძე
    Armenian: Aram Khachaturian=Արամ Խաչատրյան; Hovhannes Tumanyan=Հովհաննես Թումանյան; Sergei Parajanov=Սերգեյ Փարաջանով; Paruyr Sevak=Պարույր Սևակ
    Chinese: Lu Xun=鲁迅; Zhang Ailing=张爱玲; Lao She=老舍; Ba Jin=巴金; Xu Beihong=徐悲鸿; Mei Lanfang=梅兰芳
    Japanese: Miku Hatsune=ミク・ハツネ; Takeshi Kitano=タケシ・キタノ; Yoko Ono=ヨーコ・オノ; Naomi Watanabe=ナオミ・ワタナベ; Sakura Kinomoto=サクラ・キノモト; Totoro Kusakabe=トトロ・クサカベ
    Korean: Kim Sowol=김소월; Yun Dongju=윤동주; Park Kyongni=박경리; Yi Sang=이상; Paik Namjune=백남준; Hwang Sunwon=황순원
    Thai: Sunthorn Phu=สุนทรภู่; Apichatpong Weerasethakul=อภิชาติพงศ์ วีระเศรษฐกุล; Tony Jaa=โทนี่ จา; Chart Korbjitti=ชาติ กอบจิตติ
    English: Charlotte Bronte; Oscar Wilde; Virginia Woolf; Sherlock Holmes; Mary Shelley; Charlie Chaplin; Buster Keaton; Robinson Crusoe
    French: François Truffaut; Édith Piaf; Honoré de Balzac; Gérard de Nerval; Stéphane Mallarmé; Aimé Césaire
    German: Käthe Kollwitz; Günter Grass; Friedrich Hölderlin; Gottfried Böhm; Jürgen Habermas; Heinrich Böll
    Spanish: Federico García Lorca; Joaquín Rodrigo; Antonio Gaudí; Luis Buñuel; Rosalía de Castro; Ramón del Valle
    Portuguese: Fernando Pessoa; Luís de Camões; José Saramago; Florbela Espanca; João Guimarães; Cândido Portinari
    Italian: Federico Fellini; Nicolò Paganini; Giuseppe Verdi; Italo Calvino; Grazia Deledda; Luchino Visconti
    Polish: Wisława Szymborska; Czesław Miłosz; Stanisław Lem; Fryderyk Chopin; Józef Piłsudski; Krzysztof Kieślowski
    Czech: Božena Němcová; Bedřich Smetana; Antonín Dvořák; Jiří Trnka; Jaroslav Hašek; Karel Čapek
    Turkish: Nâzım Hikmet; Yaşar Kemal; Barış Manço; Yılmaz Güney; Zeki Müren; Sabahattin Ali
    Vietnamese: Nguyễn Du; Hồ Xuân Hương; Trịnh Công Sơn; Phạm Duy; Xuân Diệu; Đặng Thái Sơn
    Swedish: Selma Lagerlöf; August Strindberg; Ingmar Bergman; Astrid Lindgren; Tomas Tranströmer; Karin Söderberg
    Danish: Søren Kierkegaard; Karen Blixen; Jørn Utzon; Asger Jorn; Niels Bohr; Tove Ditlevsen
    Norwegian: Henrik Ibsen; Bjørnstjerne Bjørnson; Sigrid Undset; Edvard Munch; Knut Hamsun; Roald Amundsen
    Hungarian: Béla Bartók; Sándor Petőfi; Zoltán Kodály; Attila József; Ferenc Molnár; Endre Ady
    Romanian: Mihai Eminescu; Constantin Brâncuși; Ion Creangă; George Enescu; Lucian Blaga; Ștefan Luchian
    Icelandic: Halldór Laxness; Snorri Sturluson; Jóhannes Kjarval; Þórbergur Þórðarson; Björk Guðmundsdóttir
    Finnish: Jean Sibelius; Väinö Linna; Tove Jansson; Akseli Gallén; Alvar Aalto; Aleksis Kivi
    Dutch: Vincent van Gogh; Johannes Vermeer; Piet Mondriaan; Annie Schmidt; Gerard Reve; Harry Mulisch
    Indonesian: Pramoedya Toer; Chairil Anwar; Raden Saleh; Bing Slamet; Raden Kartini; Umar Kayam
    Swahili: Shaaban Robert; Bi Kidude; Ebrahim Hussein; Said Mohamed
    Yoruba: Wọlé Ṣóyínká; Fẹlá Kútì; Ògúnwándé Abímbọ́lá; Hubert Ògúndé
"""

WORDS_THAT_ARE_NAMES = (
    "Apple", "Amazon", "Shell", "Target", "Jaguar", "Frozen", "Mark", "Rose", "Grace", "Tide", "Dove", "Orange", "Galaxy",
    "Tesla", "Corona", "Mustang", "Prince", "Queen", "Bush", "Joker", "Hunter", "Puma", "Subway", "Mercury", "Saturn",
)  # fmt: skip
"""Aliases of one common word: each is filed, none may be found where the word is meant."""

_HARD = """
    An apple pie cools on the window sill | Apple pie and a glass of milk on a wooden table | Apple trees bloom on the hill
    The Amazon river winds through green hills | Amazon rainforest at dawn, mist over the trees | an amazon parrot on a branch
    A shell on the beach, waves in slow motion | Shells and starfish in wet sand | the shell of a turtle, macro shot
    Moving target in a shooting gallery | an archer hits the target | target practice in a barn
    A jaguar drinks from a river | the Jaguar cub sleeps on a branch | a jaguar in the jungle at night
    The lake is frozen and children skate | Frozen waterfall, blue ice | frozen strawberries in a bowl
    Mark my words, said the old man | a question mark made of smoke | mark the spot with a red cross | High water marks on a wall
    a rose opens in time-lapse | Rose petals fall on marble | she rose from her chair and left | Rose gold jewellery on velvet
    with grace she crosses the room | grace notes on a piano | a coup de grace in chess
    the tide comes in over black rocks | Tide pools with small crabs | low tide at sunset
    a dove lands on a stone wall | Dove grey curtains in an empty room | two doves in a cage
    orange blossom in the wind | Orange light through blinds | an orange cat naps on a sofa
    a spiral galaxy turns slowly | Galaxy of stars above a desert | dwarf galaxy, deep space
    a tesla coil throws sparks | Tesla coil in a dark hall
    corona of the sun during an eclipse | Solar corona in false colours
    a mustang gallops across the plain | Mustang herd in dust | wild mustangs at a water hole
    a prince and a frog in a puppet play | the crown prince of an invented country | Prince charming in a school play
    the queen of an ant colony | Queen bee among workers | a chess queen in close-up
    a bush fire at night | Bush with red berries | thorny bush in snow
    a joker from a deck of cards | the hunter waits in the reeds | a hunter and his dog in fog
    a puma climbs a cliff | Puma tracks in snow | subway train arrives, crowd moves | Subway station at rush hour
    mercury drops roll on glass | Mercury thermometer in close-up | saturn with its rings, seen from a moon | Saturn rings
    the pie chart spins | he thanks Tom for the tea | a bear named Oscar eats honey | Charlotte bakes bread | little Anna skips rope
    Ivan and Maria dance in the kitchen | Nikola fixes a bicycle | my neighbour Marina waters her plants | Omar rides a camel
    David throws a stone into a lake | Mary had a little lamb, felt animation | Charlie feeds the ducks | Vincent paints a fence
    Federico rides a scooter | Astrid builds a snowman | Oscar the goldfish | a grandmother called Virginia knits | Leah sings
    Robinson family picnic | Sherlock hats in a shop window | Henrik sails a boat | Karin and Tove bake cakes | Takeshi runs
"""

_OTHER_LANGUAGES = """
    Дети играют во дворе, тёплый вечер, камера медленно поднимается | Старик ловит рыбу на рассвете, туман над озером
    Кошка спит на подоконнике, идёт дождь | Поезд едет через зимний лес, снег искрится | Мария готовит суп на кухне
    Діти біжать полем соняшників, літній день | Жінка несе кошик яблук на базар
    Вали дъжд над стария град, хора с чадъри | Девојка свира виолину на тргу
    Ένα παιδί τρέχει στην παραλία το ηλιοβασίλεμα | Η γιαγιά φτιάχνει ψωμί στην κουζίνα | Βάρκες στο λιμάνι, ήρεμη θάλασσα
    طفل يلعب بالكرة في الحديقة عند الغروب | امرأة تقرأ كتابا قرب النافذة | سوق قديم مليء بالألوان والتوابل | قارب صغير يعبر النهر
    کودکی در باران می‌دود | پیرمردی چای می‌نوشد و به کوه نگاه می‌کند
    ילדה רצה על החוף בשקיעה | חתול ישן על הספה ליד החלון | שוק צבעוני בעיר העתיקה
    एक बच्चा बारिश में नाच रहा है | नदी के किनारे बूढ़ा आदमी मछली पकड़ता है | पहाड़ों पर सूरज उगता है
    একটি ছেলে বৃষ্টিতে ফুটবল খেলছে | নদীর উপর নৌকা ভাসছে
    ஒரு குழந்தை கடற்கரையில் விளையாடுகிறது
    ბავშვი თამაშობს ეზოში | Երեխան խաղում է բակում
    一个孩子在雨中奔跑 | 老人在湖边钓鱼，清晨的雾气 | 城市夜景，霓虹灯闪烁，镜头缓慢推进 | 猫在窗台上睡觉 | 厨师在厨房里做面条
    子供が雨の中を走る | 夕焼けの海辺で犬が遊ぶ | 古い町の市場、カメラがゆっくり動く | ロボットがコーヒーを入れる
    아이가 비 속에서 뛰어논다 | 할머니가 부엌에서 빵을 굽는다 | 밤의 도시, 네온사인이 반짝인다
    เด็กวิ่งเล่นบนชายหาด | ตลาดเก่าเต็มไปด้วยสีสัน
    Ein Kind läuft am Strand entlang, Abendlicht | Une vieille dame tricote près de la fenêtre | Un perro corre por el campo al amanecer
    Dziecko biegnie przez łąkę | Dítě běží po louce | Bir çocuk sahilde koşuyor | Một đứa trẻ chạy trên bãi biển
    Ett barn springer på stranden | Et barn løber på stranden | Egy gyerek fut a parton | Un copil aleargă pe plajă
    Barn hleypur á ströndinni | Lapsi juoksee rannalla | Een kind rent over het strand | Seorang anak berlari di pantai
"""

_WHO = """a child|an old fisherman|two dancers|a robot|a red fox|the baker|a street musician|a lonely astronaut|three nuns|a
    young violinist|a glassblower|a flock of starlings|a bearded sailor|a chess player|twins in yellow raincoats|a
    beekeeper|a blacksmith|an otter|a marching band|the lighthouse keeper|a seamstress|a skateboarder|a paper dragon|an
    octopus|a gardener|a tired nurse|a truck driver|a ballerina|a ceramic cat|a shepherd with his dog"""
_DOES = """walks through|waits in|dances across|drifts over|disappears into|stares at|repairs|paints|sings to|runs from|
    photographs|sketches|circles|wakes up in|looks for a key in|falls asleep beside|polishes|builds a model of"""
_WHERE = """a flooded ballroom|a harbour at dawn|an abandoned observatory|the rooftops of a hill town|a greenhouse full
    of orchids|a neon arcade|a snowbound village|a quarry lake|a baroque library|a corn maze|the salt flats|a submarine|
    a night market|a cable car|a lavender field|a volcano rim|a tin workshop|an empty stadium|a coral reef|a moonlit
    cemetery|a diner on the highway|the belfry|a vineyard in autumn|a glacier cave|a toy shop|a ferry in heavy fog"""
_HOW = """35mm film, shallow depth of field|anamorphic lens flare|claymation|watercolour on rough paper|hand-held camera,
    grainy|slow dolly-in, volumetric light|isometric, low poly|stop motion with felt puppets|charcoal sketch, high
    contrast|drone shot, golden hour|time-lapse, long exposure|muted pastel palette|hyperrealistic, 8k, ray tracing|
    silent era, intertitles|macro lens, soft bokeh|cel shading, bold outlines|infrared photography|tilt-shift miniature|
    monochrome, heavy rain|overexposed polaroid, light leaks|cross-hatched engraving|vaporwave gradients|ukiyo-e print"""

_SURNAMES = """Abernathy Ackerman Albright Andersen Appleton Ashworth Atkinson Baldwin Barrow Bauer Beaumont Becker
    Bennett Bianchi Blackwood Bradshaw Brennan Brooks Calloway Cardoso Carver Castillo Chandler Clarke Connolly Costa
    Crawford Dalton Delgado Dimitrov Donnelly Drummond Eriksen Fairchild Falk Ferreira Fischer Fitzgerald Fletcher
    Fontaine Galvin Gallagher Garrison Greenwood Gutierrez Hagen Halvorsen Hawkins Hendricks Hoffman Horvath Hughes
    Iversen Jankowski Jennings Kaplan Keller Kimura Kowalski Lambert Larsen Leclerc Lindqvist Lockhart Lombardi Maddox
    Marchetti McAllister Mendoza Meyer Mitchell Moreau Nakamura Navarro Novak Okafor Olsen Ortega Palmer Pereira
    Petrov Quigley Ramsay Reinhardt Ricci Rosenthal Sandoval Schreiber Sinclair Sorensen Stanton Sullivan Tanaka
    Thornton Underhill Vasquez Vogel Wainwright Whitaker Winters Yamamoto Zhukov Zimmerman"""

CARRIERS = {
    "Russian": "видео, где {} идёт по улице", "Ukrainian": "відео, де {} іде вулицею", "Bulgarian": "видео как {} върви",
    "Serbian": "{} хода улицом", "Greek": "ένα βίντεο με τον {} στο δρόμο", "Arabic": "فيديو {} يمشي", "Persian": "ویدیو {} راه",
    "Hebrew": "סרטון של {} ברחוב", "Hindi": "{} चल रहा है", "Bengali": "{} হাঁটছে", "Tamil": "{} நடக்கிறார்",
    "Georgian": "{} ქუჩაში", "Armenian": "{} փողոցում", "Chinese": "{}在街上走", "Japanese": "{}が歩く", "Korean": "{}가 걷는다",
    "Thai": "{} เดิน",
}  # fmt: skip
"""A sentence around a name in its own script."""

_ENGLISH_CARRIERS = (
    "a film with {} in it", "{} walks along the beach", "portrait of {}, oil painting", "make {} dance in the rain",
    "selfie video: {} says hello", "in the kitchen, {} bakes a cake while the camera turns",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Name:
    """A name.

    Attributes:
        language: which.
        latin: in Latin letters.
        native: in its own letters; empty where those are Latin.
    """

    language: str
    latin: str
    native: str


def names(*, held_out: bool) -> list[Name]:
    """Every second name of each language."""
    found = []
    for line in _NAMES.strip().splitlines():
        language, listed = line.strip().split(": ")
        for place, item in enumerate(listed.split("; ")):
            if place % 2 == held_out:
                latin, _, native = item.partition("=")
                found.append(Name(language, latin, native))
    return found


def carried(name: Name, written: str, draw: random.Random) -> str:
    """A prompt around a name as it is written."""
    if written == name.native and name.native:
        return CARRIERS[name.language].format(written)
    return draw.choice(_ENGLISH_CARRIERS).format(written)


def innocent(count: int, *, held_out: bool) -> Iterator[tuple[str, str]]:
    """Prompts that name nobody, with what makes them hard.

    Hand-written ones, each once; people who share a first or a last name with somebody blocked; and `count` of plain
    prose made of phrases.
    """
    draw = random.Random(911 + held_out)  # noqa: S311 - a benchmark, the same every time
    for kind, listed in (("brand word, first name", _HARD), ("other language", _OTHER_LANGUAGES)):
        for place, text in enumerate(_phrases(listed.replace("\n", "|"))):
            if place % 2 == held_out:
                yield kind, text
    surnames = _SURNAMES.split()[held_out::2]
    for name in names(held_out=held_out):
        if " " in name.latin:
            first, *_, last = name.latin.split()
            yield "same first name", f"{first} {draw.choice(surnames)} walks the dog in the park"
            yield "same last name", f"a portrait of {draw.choice(('Zelda', 'Quentin', 'Beatrix'))} {last}, my teacher"
    parts = [_phrases(listed)[held_out::2] for listed in (_WHO, _DOES, _WHERE, _HOW)]
    for _ in range(count):
        yield "plain prose", "{} {} {}, {}".format(*map(draw.choice, parts))


def _phrases(listed: str) -> list[str]:
    return [" ".join(text.split()) for text in listed.split("|") if text.strip()]
