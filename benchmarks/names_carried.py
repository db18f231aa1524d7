# ruff: noqa: E501, RUF001 - lists of names in many alphabets
"""Names as the press of a language writes them, in both directions: foreign ones in its letters, its own in Latin ones.

Facts only. All of them were looked at while the matcher was made: they show what its rules reach, not how it does on
names that nobody looked at.
"""

from collections import Counter
from collections.abc import Iterator

from benchmarks.table import Row
from trust_kernel.names import NameMatcher

_NAMES = """
    Arabic: Umm Kulthum=أم كلثوم; Fairuz Haddad=فيروز حداد; Adel Imam=عادل إمام; Taha Yasin=طه ياسين; Amr Diab=عمرو دياب; Mohamed Salah=محمد صلاح; Nawal El Saadawi=نوال السعداوي; Tom Hanks=توم هانكس; Mickey Mouse=ميكي ماوس; Taylor Swift=تايلور سويفت; Lionel Messi=ليونيل ميسي; Abdel Halim Hafez=عبد الحليم حافظ; Edward Said=إدوارد سعيد; Ahmed Zaki=أحمد زكي; Donald Trump=دونالد ترامب; Elon Musk=إيلون ماسك; Batman Returns=باتمان ريترنز; Haifa Wehbe=هيفاء وهبي
    Hebrew: Gal Gadot=גל גדות; Golda Meir=גולדה מאיר; David Ben Gurion=דוד בן גוריון; Etgar Keret=אתגר קרת; Naomi Shemer=נעמי שמר; Meir Shalev=מאיר שלו; Arik Einstein=אריק איינשטיין; Tom Hanks=טום הנקס; Mickey Mouse=מיקי מאוס; Taylor Swift=טיילור סוויפט; Donald Trump=דונלד טראמפ; Elon Musk=אילון מאסק; Leonard Cohen=לאונרד כהן; Ofra Haza=עפרה חזה; Zvi Hirsch=צבי הירש
    Persian: Hafez Shirazi=حافظ شیرازی; Asghar Farhadi=اصغر فرهادی; Googoosh Atashin=گوگوش آتشین; Sohrab Sepehri=سهراب سپهری; Mohsen Makhmalbaf=محسن مخملباف
    Thai: Tom Hanks=ทอม แฮงส์; Mickey Mouse=มิกกี้ เมาส์; Prayut Chanocha=ประยุทธ์ จันทร์โอชา; Thaksin Shinawatra=ทักษิณ ชินวัตร; Bhumibol Adulyadej=ภูมิพล อดุลยเดช; Kukrit Pramoj=คึกฤทธิ์ ปราโมช; Taylor Swift=เทย์เลอร์ สวิฟต์; Lalisa Manoban=ลลิษา มโนบาล; Chulalongkorn Sawat=จุฬาลงกรณ์ สวัสดิ์; Somchai Wongsawat=สมชาย วงศ์สวัสดิ์; Mario Maurer=มาริโอ้ เมาเร่อ
    Chinese: Yao Ming=姚明; Jackie Chan=成龙; Mo Yan=莫言; Zhang Yimou=张艺谋; Deng Xiaoping=邓小平; Gong Li=巩俐; Liu Cixin=刘慈欣; Cai Guoqiang=蔡国强; Tom Hanks=汤姆·汉克斯; Taylor Swift=泰勒·斯威夫特; Donald Trump=唐纳德·特朗普; Harry Potter=哈利·波特; Elon Musk=埃隆·马斯克; Leonardo DiCaprio=莱昂纳多·迪卡普里奥; Lionel Messi=莱昂内尔·梅西; Michael Jackson=迈克尔·杰克逊; Batman Robin=巴特曼·罗宾; Emma Watson=艾玛·沃特森; Brad Pitt=布拉德·皮特; Angelina Jolie=安吉丽娜·朱莉; Barack Obama=巴拉克·奥巴马
    Japanese: Haruki Murakami=村上春樹; Hayao Miyazaki=宮崎駿; Akira Kurosawa=黒澤明; Hideo Kojima=小島秀夫; Yayoi Kusama=草間彌生; Osamu Tezuka=手塚治虫; Shinzo Abe=安倍晋三; Naomi Osaka=大坂なおみ; Tom Hanks=トム・ハンクス; Mickey Mouse=ミッキーマウス; Taylor Swift=テイラー・スウィフト; Harry Potter=ハリー・ポッター; Elon Musk=イーロン・マスク; Donald Trump=ドナルド・トランプ; Michael Jackson=マイケル・ジャクソン; Hello Kitty=ハローキティ; Hikaru Utada=宇多田ヒカル; Ken Watanabe=渡辺謙; Natsume Soseki=夏目漱石; Yukio Mishima=三島由紀夫; Banana Yoshimoto=吉本ばなな; Takashi Murakami=村上隆
    Korean: Bong Joonho=봉준호; Park Chanwook=박찬욱; Lee Byunghun=이병헌; Han Kang=한강; Son Heungmin=손흥민; Tom Hanks=톰 행크스; Mickey Mouse=미키 마우스; Taylor Swift=테일러 스위프트; Harry Potter=해리 포터; Donald Trump=도널드 트럼프; Yuna Kim=김연아; Jeon Jungkook=전정국; Lee Minho=이민호
    Hindi: Amitabh Bachchan=अमिताभ बच्चन; Narendra Modi=नरेन्द्र मोदी; Shah Rukh Khan=शाहरुख़ ख़ान; Tom Hanks=टॉम हैंक्स; Mickey Mouse=मिकी माउस; Taylor Swift=टेलर स्विफ्ट; Deepika Padukone=दीपिका पादुकोण; Virat Kohli=विराट कोहली; Sachin Tendulkar=सचिन तेंदुलकर; Harry Potter=हैरी पॉटर
    Bengali: Mamata Banerjee=মমতা ব্যানার্জী; Sourav Ganguly=সৌরভ গাঙ্গুলী; Mrinal Sen=মৃণাল সেন; Uttam Kumar=উত্তম কুমার
    Tamil: Kamal Haasan=கமல் ஹாசன்; Ilaiyaraaja Paavalar=இளையராஜா பாவலர்; Vijay Sethupathi=விஜய் சேதுபதி; Mickey Mouse=மிக்கி மவுஸ்
    Russian: Vladimir Putin=Владимир Путин; Maya Plisetskaya=Майя Плисецкая; Tom Hanks=Том Хэнкс; Mickey Mouse=Микки Маус; Taylor Swift=Тейлор Свифт; Harry Potter=Гарри Поттер; Donald Trump=Дональд Трамп; Elon Musk=Илон Маск; Pyotr Tchaikovsky=Пётр Чайковский; Yuri Gagarin=Юрий Гагарин; Joseph Brodsky=Иосиф Бродский; Alfred Hitchcock=Альфред Хичкок; Hermione Granger=Гермиона Грейнджер; Michael Jackson=Майкл Джексон
    Ukrainian: Volodymyr Zelenskyy=Володимир Зеленський; Andriy Shevchenko=Андрій Шевченко; Oleksandr Usyk=Олександр Усик
    Greek: Yorgos Lanthimos=Γιώργος Λάνθιμος; Nana Mouskouri=Νάνα Μούσχουρη; Tom Hanks=Τομ Χανκς; Mickey Mouse=Μίκυ Μάους; Constantine Cavafy=Κωνσταντίνος Καβάφης; Taylor Swift=Τέιλορ Σουίφτ; Giannis Antetokounmpo=Γιάννης Αντετοκούνμπο
    Georgian: Otar Iosseliani=ოთარ იოსელიანი; Khvicha Kvaratskhelia=ხვიჩა კვარაცხელია; Tom Hanks=ტომ ჰენკსი
    Armenian: Charles Aznavour=Շառլ Ազնավուր; Martiros Saryan=Մարտիրոս Սարյան
"""


def carried_names() -> Iterator[tuple[str, str, str]]:
    """Language, a name in Latin letters, and in those of the language."""
    for line in _NAMES.strip().splitlines():
        language, listed = line.strip().split(": ", 1)
        for item in listed.split("; "):
            latin, _, native = item.partition("=")
            yield language, latin, native


def carried_recall(held: float) -> list[Row]:
    """Share found by language, each name filed in one alphabet and written in the other.

    Args:
        held: score from which a name counts as found.
    """
    tried, found = Counter[str](), Counter[str]()
    for language, latin, native in carried_names():
        for alias, text in ((latin, f"{native} (film)"), (native, f"a film with {latin} in it")):
            best = max((hit.score for hit in NameMatcher([("it", alias)]).match(text)), default=0.0)
            tried.update({language: 1, "all": 1})
            found.update({language: int(best >= held), "all": int(best >= held)})
    return [
        {"language": language, "tried": tried[language], "found": found[language] / tried[language]}
        for language in tried
    ]
