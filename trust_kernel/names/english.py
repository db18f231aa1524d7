"""Words so common that they are no evidence of a name: a small hand-made list with a light stemmer.

A name that is one of these words ("Mark", "Apple", "Frozen") is only seen where it is written like a name, and a
misspelling that is one of these words ("tom thanks" beside "Tom Hanks") is no misspelling.
"""

from functools import lru_cache

_FUNCTION_WORDS = """
    a about above across after again against ago all almost alone along already also although always am among an and
    another any are around as at away back be became because become been before behind being below beneath beside
    between beyond both but by came can cannot could did do does done down during each either else enough even ever
    every few for from get gets go goes got had has have he her here hers herself him himself his how however i if
    in indeed inside instead into is it its itself just least less let many may me might mine more most much must my
    myself near neither never next no nobody none nor not nothing now of off often on once one only onto or other
    others our ours out outside over own per perhaps quite rather same say see shall she should since so some
    someone something soon still such than that the their theirs them themselves then there these they this those
    though through thus to together too toward towards two under until up upon us very via was we well were what
    when where whether which while who whole whom whose why will with within without would yet you your yours
    yourself
"""

_CONTENT_WORDS = """
    able accept account ache acid act actor add adult advice afraid afternoon age agree aim air airport alarm alien
    alive alley amber ancient angel anger angle angry animal animate answer ant apart apple apples april arch arena
    arm armor army arrive arrow art artist ash ask asleep atlas attack attic august aunt autumn avatar avenue awake
    award axe baby bag bake baker ball ballet balloon bamboo banana band bank banks bar bare bark barn barrel base
    basket bath bathe battle bay beach bead beam bean bear beard beast beat beauty bed bee beer beetle begin bell
    belong belt bench bend berry best bet better big bike bill bind bird birth bishop bit bite bitter black blade
    blank blanket blaze blend blind block blond blood bloom blow blue blur board boat body boil bold bolt bomb bone
    bonfire book boot border bore born boss bottle bottom bounce bow bowl box boy brain branch brand brave bread
    break breath breathe breeze brick bride bridge brief bright bring broad brother brown brush bubble bucket bud
    build bull bunny burn burst bus bush busy butter butterfly button buy cabin cable cactus cafe cage cake calf
    call calm camel camera camp canal candle candy cane cannon canoe canvas cap cape captain car card care carefully
    carpet carrot carry cars cart cartoon carve case castle cat catch cause cave ceiling center century chain chair
    chalk champion chance change chapter charm chase cheap check cheek cheer cheese chef cherry chess chest chicken
    chief child children chill chin chip chocolate choice choose church cinema cinematic circle circus city claim
    clap class claw clay clean clear clever cliff climb cloak clock close closer cloth cloud clown club coach coal
    coast coat cobalt code coffee coin cold collar color colour comb come comedy comet comic common cook cookie cool
    copper copy coral core corn corner cost cottage cotton couch cough count country couple courage course court
    cousin cover cow cowboy crab crack cradle craft crane crash cream creature creek crew cricket crime crisp cross
    crow crowd crown cruel crush cry crystal cube cup cure curious curl current curtain curve cut cute cycle daily
    daisy damp dance dancer danger dark darkness darling dart date daughter dawn day dead deal dear death decide
    deck deep deer degree delight deliver dense depth desert desk detail devil dew diamond dice die diet dig dim
    dinner dirt dirty dish distance distant dive divide dock doctor dog doll dollar dolphin dome donkey door dot
    double dough dove dragon drain drama draw dream dress drift drill drink drive drop drum dry duck dull dusk dust
    dusty duty dwarf eagle ear early earn earth ease east easy eat echo edge egg eight elbow elder electric elegant
    elephant eleven elf ember embrace emerald emotion empty end enemy energy engine enjoy enter epic equal escape
    evening event evil exact exit expect explain explore express extra eye eyes fable fabric face fact factory fade
    fail faint fair fairy faith falcon fall family famous fancy far farm farmer fashion fast fat fate father fear
    feast feather feed feel feet fellow fence fern festival fetch fever fiber field fierce fifty fig fight figure
    file fill film final find fine finger finish fire firm first fish fisherman fist fit five fix flag flake flame
    flap flash flat flavor fleet flesh flight float flock flood floor flour flow flower flowers fluid flute fly foam
    focus fog fold folk follow food fool foot footage football forest forever forge forget fork form fort forty
    fossil found fountain four fox frame freckle free freeze fresh friend frog front frost frozen fruit full fun
    funny fur furry future gallery game garden garlic gate gather gaze gear gem general gentle gently ghost giant
    gift ginger giraffe girl give glad glass gleam glide glimpse globe gloom glory glove glow goat god gold golden
    good goose gorge gown grab grace grade grain grand grandfather grandmother grape grass gravel gray great green
    greet grey grim grin grip ground group grove grow growl guard guess guest guide guitar gulf gun habit hair half
    hall hallway ham hammer hand handle hands handsome hang happen happy harbor harbour hard hare harm harp harsh
    harvest hat hatch hate haunt hawk hay haze hazel head heal health heap hear heart heat heaven heavy hedge heel
    height hello helmet help hen herb herd hero hide high hike hill hint hip history hit hobby hold hole holiday
    hollow holy home honest honey hood hook hop hope horizon horn horror horse hospital hot hotel hour house hover
    howl hug huge human humble hundred hungry hunt hunter hurry hurt hut ice icon idea idle image imagine inch ink
    innocent insect iron island ivory ivy jacket jade jam january jar jaw jazz jelly jet jewel job join joke jolly
    journey joy judge juice july jump june jungle junior junk keep kettle key kick kid kill kind king kingdom kiss
    kitchen kite kitten knee kneel knife knight knit knock knot know lab labor lace ladder lady lake lamb lamp land
    lane lantern laptop large laser last late later laugh laughter launch law lawn lay layer lazy lead leader leaf
    leak lean leap learn leather leave leaves left leg legend lemon lens leopard lesson letter level liberty library
    lid lie life lift light lighting lights like lily limb limit line linen link lion lip lips list listen little
    live lively lizard load loaf local lock log lonely long look loop loose lord lose loss lost lot loud lounge love
    lovely low loyal luck lucky lunch lung lush luxury machine mad magic magical magnet maid mail main make maker
    man mango manner mansion map maple marble march mark market marry marsh mask mass master mat match mate matter
    mayor maze meadow meal mean measure meat medal meet melody melt member memory men mention menu merchant mercy
    merry message metal meter midnight mild mile milk mill million mind mint minute mirror mischief miss mist misty
    mix mode model modern mom moment monday money monk monkey monster month mood moon moonlight moor moose moral
    morning moss mother motion motor mountain mouse mouth move movie mud mule muscle museum music mystery myth nail
    name narrow nation native nature neat neck need needle neighbor neon nephew nerve nest net new news nice niece
    night nine noble nod noise noon normal north nose note notice novel november number nurse nut oak ocean october
    odd offer office old olive open opera orange orbit orchard order organ orphan otter oven owl owner ox oyster
    pace pack page pail pain paint painter pair palace pale palm pan panda panel panic paper parade parent park
    parrot part party pass past pasta paste pastel patch path patience patient pattern pause paw pay pea peace peach
    peacock peak pear pearl pebble pen pencil people pepper perfect petal photo photograph photorealistic phrase
    piano pick picnic picture pie piece pig pigeon pile pillow pilot pin pine pink pipe pirate pit pitch place plain
    plan plane planet plant plastic plate play player pleasant please plot plow plum pocket poem poet point poison
    polar pole police polish pond pony pool poor poppy porch port portrait pose post pot potato pottery pound pour
    powder power praise pray present press pretty price pride priest prince princess print prison prize promise
    proof proper proud public pull pulse pump pumpkin punch pupil puppet puppy pure purple purse push puzzle quality
    quarter queen quest question quick quickly quiet quietly quilt rabbit race radio raft rag rage rail rain rainbow
    rainy raise ranch range rank rapid rare rat raven raw ray razor reach read ready real realistic reason rebel
    record red reed reef reflect relax remember render repeat reply rescue rest restaurant return reveal rhyme
    ribbon rice rich ride rider ridge rifle right ring ripe ripple rise river road roam roar roast robe robin robot
    rock rocket rocky rod roll roof room root rope rose rough round route row royal rub ruby rude rug ruin ruins
    rule ruler run runner rush rust rusty sad saddle safe sail sailor saint salad sale salmon salt sand sandy satin
    saturday sauce save saw scale scar scare scarf scary scatter scene scent school science scientist scissors score
    scout scream screen sculpture sea seal search season seat second secret seed seek sell send sense september
    serious serve set seven shade shadow shake shallow shape share shark sharp shed sheep sheet shelf shell shelter
    shepherd shield shift shine shiny ship shirt shock shoe shoot shop shore short shot shoulder shout show shower
    shrimp shut shy sick side sigh sight sign signal silence silent silk silly silver simple sing singer sink sir
    sister sit six size sketch ski skill skin skirt skull sky slam sleep sleepy sleeve slice slide slim slip slope
    slow slowly small smart smash smell smile smoke smooth snack snail snake snap sneak snow snowy soap soar soccer
    social sock sofa soft softly soil soldier solid solo son song sorrow sort soul sound soup sour south space spare
    spark sparkle sparrow speak spear special speech speed spell spend spice spider spike spin spirit splash split
    spoon sport spot spray spread spring square squirrel stable stack staff stage stair stairs stand star stare
    stars start state station statue stay steady steak steal steam steel steep stem step stick stiff stone stool
    stop store stories storm stormy story stove straight strange stranger straw stream street stretch strike string
    strip stripe strong student studio study style sugar suit summer sun sunday sunlight sunny sunrise sunset super
    supper sure surf surface surprise swamp swan sweat sweater sweep sweet swift swim swing sword symbol table tail
    tailor take tale talk tall tank tap tape target task taste tax taxi tea teach teacher team tear tease teeth tell
    temple ten tender tennis tent term test text thank thanks theater theatre thick thief thin thing think third
    thirst thirty thorn thought thousand thread three throat throne throw thumb thunder thursday ticket tide tie
    tiger tight tile timber time tin tiny tip tire title toad toast today toe tomato tomb tomorrow tone tongue tool
    tooth top torch torn tortoise toss total touch tough tour tower town toy toys track trade trail train trap
    travel traveler treasure treat tree trees tribe trick trip troop tropical trouble trout truck true trumpet trunk
    trust truth try tub tube tuesday tulip tune tunnel turkey turn turtle twelve twenty twice twig twin twist type
    ugly umbrella uncle understand unicorn uniform unique unit unite universe use usual vain valley value van vase
    vast vault veil velvet venture verse vest video view village vine vintage violet violin vision visit visitor
    vivid voice volcano vote voyage wade wagon waist wait waiter wake walk wall wander want war warm warmth warn
    warrior wash wasp waste watch water waterfall wave wax way weak wealth weapon wear weather weave web wedding
    wednesday week weep weight weird welcome west wet whale wheat wheel whisper whistle white wicked wide wife wild
    willow win wind window windy wine wing wings winter wipe wire wise wish witch wizard wolf woman wonder wood
    wooden woods wool word words work worker workshop world worm worry worth wound wrap wreck wrist write writer
    wrong yard yarn year yellow yesterday young youth zebra zero zone zoo zoom
    amazon blackberry bullseye caterpillar corona cruise delta fossil galaxy gap jaguar jordan lotus mars mercury
    mustang nova oracle palette pioneer puma sage saturn sprint subway tesla thrush tide trooper visa viper
    army club edit edits fan fans lover meme memes official post real reel team tour video
"""

FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
"""Words that hold a sentence together; a name of one word is never cut up so that one is a piece."""

NEVER_NAMES = FUNCTION_WORDS - {"will", "may"}
"""Those of them that nobody is called by alone: as a name each would be found in half of all prompts."""

COMMON_WORDS = FUNCTION_WORDS | frozenset(_CONTENT_WORDS.split())

_ENDINGS = ("ing", "ers", "ies", "ied", "est", "ed", "es", "er", "ly", "'s", "s", "y")
_SHORTEST_STEM = 3


LONGEST_REMEMBERED = 32
"""Letters of a word that is remembered; a longer one may be a whole prompt, spelled out."""


def is_common(word: str) -> bool:
    """Whether a folded word (small letters, no accents) is common English, as it stands or without its ending."""
    return len(word) <= LONGEST_REMEMBERED and _is_common(word)


@lru_cache(maxsize=1 << 16)
def _is_common(word: str) -> bool:
    return word in COMMON_WORDS or any(_stem_is_common(word, ending) for ending in _ENDINGS)


def _stem_is_common(word: str, ending: str) -> bool:
    if not word.endswith(ending):
        return False
    stem = word[: -len(ending)]
    if len(stem) < _SHORTEST_STEM:
        return False
    undoubled = stem[:-1] if stem[-1] == stem[-2] else stem
    return not COMMON_WORDS.isdisjoint((stem, stem + "e", stem + "y", undoubled))
