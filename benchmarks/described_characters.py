"""Characters of old books and made-up ones: how a rights holder would describe each, and how others would ask for it.

The words are ours; the characters are in the public domain or were made up for this.
"""

OLD: dict[str, tuple[str, tuple[str, str, str]]] = {
    "holmes": (
        (
            "A tall, thin Victorian detective from Baker Street with a deerstalker hat, a pipe and a violin, "
            "who solves crimes by reasoning together with his friend the doctor."
        ),
        (
            "the famous Victorian detective with the pipe and the deerstalker solving a murder in foggy London",
            "a genius consulting detective from Baker Street explains his deductions to his doctor friend",
            "that English sleuth who plays the violin and smokes a pipe looks at footprints with a magnifying glass",
        ),
    ),
    "dracula": (
        "A pale Transylvanian vampire count in a black cape who lives in a castle and drinks blood at night.",
        (
            "the vampire count from Transylvania rises from his coffin in his castle",
            "an aristocratic blood drinker in a black cape turns into a bat above the Carpathians",
            "the undead count with fangs welcomes a young lawyer to his gloomy castle in Transylvania",
        ),
    ),
    "creature": (
        "A huge creature sewn together from dead bodies and brought to life with lightning by a young scientist.",
        (
            "the monster stitched from corpses wakes up in the scientist's laboratory during a thunderstorm",
            "a mad scientist brings a giant made of dead body parts to life with electricity",
            "the sad giant with stitches and bolts in his neck, made from corpses, hides from the villagers",
        ),
    ),
    "alice": (
        "A curious girl in a blue dress who follows a white rabbit down a hole into a mad underground world.",
        (
            "a girl in a blue dress chases a white rabbit with a pocket watch down a rabbit hole",
            "the girl who fell down the rabbit hole drinks tea with a mad hatter and a hare",
            "a blond girl grows and shrinks after drinking from a little bottle in an underground wonderland",
        ),
    ),
    "pan": (
        "A boy in green who never grows up, can fly, and leads lost boys against a pirate captain with a hook.",
        (
            "the flying boy in green who never grows up fights the pirate with the hook",
            "a boy who refuses to grow up flies with three children and a fairy to an island of lost boys",
            "the leader of the lost boys crows on the mast of the hook-handed captain's ship",
        ),
    ),
    "hood": (
        (
            "An English outlaw archer in green who lives in the forest with his merry men and robs the rich "
            "for the poor."
        ),
        (
            "the outlaw archer in green who steals from the rich and gives to the poor in the forest",
            "a band of merry men and their archer leader ambush the sheriff's coach in Sherwood",
            "the medieval outlaw with bow and feathered cap wins the sheriff's archery contest in disguise",
        ),
    ),
    "quixote": (
        (
            "A thin old Spanish gentleman who believes he is a knight and attacks windmills, with a fat "
            "squire on a donkey."
        ),
        (
            "the old Spanish knight charges at windmills that he takes for giants",
            "a skinny would-be knight on a bony horse rides across La Mancha with his plump squire",
            "an elderly gentleman mad from reading romances of chivalry fights windmills with a lance",
        ),
    ),
    "nemo": (
        (
            "A mysterious captain who roams the oceans in a fabulous electric submarine and hates the "
            "nations of the world."
        ),
        (
            "the mysterious captain plays the organ in the saloon of his giant submarine",
            "a vengeful Indian prince commands an electric submarine twenty thousand leagues under the sea",
            "captain of a fantastic nineteenth-century submarine fights a giant squid on deck",
        ),
    ),
    "pinocchio": (
        "A wooden puppet carved by an old man, whose nose grows when he lies, and who wants to become a real boy.",
        (
            "the wooden puppet whose nose grows whenever he lies",
            "a marionette carved by a poor old woodcarver dreams of becoming a real boy",
            "a lying wooden boy is swallowed by a huge sea monster and finds his father inside",
        ),
    ),
    "quasimodo": (
        "A hunchbacked bell-ringer who lives in the towers of a Paris cathedral and loves a dancing girl.",
        (
            "the hunchback who rings the bells of the cathedral in Paris",
            "a deformed bell-ringer rescues the dancing girl and carries her up the cathedral tower",
            "the lonely hunchbacked man among the gargoyles of the great Paris church",
        ),
    ),
    "mermaid": (
        "A young mermaid who gives her voice to a sea witch for legs because she loves a prince.",
        (
            "a mermaid trades her voice to the sea witch for human legs to be with a prince",
            "the youngest daughter of the sea king gives up her tail and voice for love",
            "a sea princess who saved a prince from drowning makes a bargain with a witch to walk on land",
        ),
    ),
    "rapunzel": (
        "A girl locked in a tall tower who lets down her very long golden hair so that somebody can climb up.",
        (
            "the girl in the tower lets down her long golden hair for the prince",
            "a maiden with hair twenty metres long is kept in a tower by a witch",
            "the prince climbs up the braided golden hair of the imprisoned girl",
        ),
    ),
    "wukong": (
        (
            "A monkey king born from a stone, with a magic staff and a golden headband, who rides a cloud "
            "and guards a monk."
        ),
        (
            "the monkey king with the golden staff somersaults across the clouds",
            "a mischievous stone-born monkey warrior escorts a monk on a journey to the west",
            "the monkey with a magic iron rod and a golden headband fights the armies of heaven",
        ),
    ),
    "medusa": (
        "A monster with living snakes for hair whose look turns people to stone.",
        (
            "a woman with snakes for hair turns a soldier to stone with one look",
            "the snake-haired gorgon whose gaze petrifies, defeated with a mirror shield",
            "a hero with a polished shield creeps up on the monster with the hair of serpents",
        ),
    ),
    "horseman": (
        "A headless ghost on a black horse who carries a burning pumpkin and hunts a schoolteacher at night.",
        (
            "the headless rider throws a flaming pumpkin at the schoolteacher",
            "a ghostly horseman without a head gallops through the hollow at midnight",
            "the decapitated Hessian soldier rides his black horse over the covered bridge",
        ),
    ),
    "scrooge": (
        "A bitter old miser visited by three ghosts at Christmas who learns to be generous.",
        (
            "an old miser is visited by three ghosts on Christmas Eve",
            "the stingy London moneylender who says humbug meets the ghost of Christmas past",
            "a greedy old man in a nightcap sees his own grave and wakes up generous on Christmas morning",
        ),
    ),
    "silver": (
        "A one-legged pirate cook with a parrot on his shoulder who is after buried treasure with a cabin boy.",
        (
            "the one-legged pirate cook with a parrot looks for the treasure on the island",
            "a sea cook with a crutch and a talking parrot leads a mutiny for buried gold",
            "the pirate with one leg befriends the cabin boy who has the treasure map",
        ),
    ),
    "ahab": (
        "A whaling captain with an ivory leg who hunts the white whale that took his leg.",
        (
            "the captain with the whalebone leg obsessively hunts a giant white whale",
            "a mad whaler nails a gold coin to the mast for whoever first sees the white whale",
            "a white sperm whale destroys the ship of the one-legged captain who sought revenge",
        ),
    ),
    "invisible": (
        "A scientist who made himself invisible, wrapped in bandages and dark glasses, and goes mad.",
        (
            "the scientist nobody can see unwinds his bandages and there is nothing beneath",
            "a man in bandages and goggles who turned himself invisible terrorises a village inn",
            "the invisible madman takes off his clothes to escape the police",
        ),
    ),
    "phantom": (
        "A disfigured musician in a half mask who haunts an opera house and loves a young singer.",
        (
            "the masked man who lives under the opera house teaches the young soprano",
            "a disfigured genius in a white half mask drops the chandelier on the opera audience",
            "the ghost of the Paris opera rows a young singer across an underground lake",
        ),
    ),
    "hyde": (
        "A respectable London doctor who drinks a potion and becomes an evil brutal man.",
        (
            "a kind doctor drinks his potion and turns into his violent evil self",
            "the respectable physician with two personalities changes into a brute in his laboratory",
            "a Victorian doctor loses control of the wicked half that his serum released",
        ),
    ),
    "tinman": (
        "A man made entirely of tin with an axe who wants a heart, walking a yellow brick road with a girl.",
        (
            "the woodman made of tin asks the wizard for a heart",
            "a girl oils a rusted metal man in the woods who wishes he had a heart",
            "a tin man, a lion and a straw man walk down the yellow brick road with a girl and her dog",
        ),
    ),
    "cheshire": (
        "A striped cat that grins and vanishes until only the grin is left.",
        (
            "a grinning striped cat slowly disappears until only its smile floats in the tree",
            "the cat that fades away and leaves its grin behind gives a lost girl directions",
            "a purple tabby with a huge smile becomes invisible on a branch, its grin last",
        ),
    ),
    "headhunter": (
        "A brave tailor's cat who wears boots and a feathered hat and tricks an ogre to make his master rich.",
        (
            "a clever cat in tall boots tricks the ogre into turning into a mouse",
            "the booted cat with a feathered hat tells the king that his master is a marquis",
            "a cat wearing boots and a sword bows to the king in a fairy tale",
        ),
    ),
}

MADE_UP: dict[str, tuple[str, tuple[str, str, str]]] = {
    "voltmouse": (
        (
            "A round yellow mouse with black-tipped ears that stores electricity in its cheeks, from a game "
            "about catching and training pocket-sized monsters."
        ),
        (
            "the yellow electric mouse from the monster-catching game",
            "a cute yellow rodent shoots lightning from its red cheeks for its trainer",
            "the little electric mouse mascot of the game where kids collect monsters in balls",
        ),
    ),
    "kiteman": (
        (
            "A lighthouse keeper made of sails who steers storms with a copper kite and collects lost "
            "letters from the sea."
        ),
        (
            "the lighthouse keeper made of sails flies his copper kite into the storm",
            "a man of canvas who gathers lost letters washed up by the sea and steers the weather with a kite",
            "the sail-bodied keeper of the light reads drowned mail by lamp",
        ),
    ),
    "clockfox": (
        "A clockwork fox in a waistcoat who repairs broken hours in a town where time runs backwards on Sundays.",
        (
            "the mechanical fox in a waistcoat mends broken hours in the backwards town",
            "a wind-up fox repairs clocks in a village where Sundays run in reverse",
            "a brass fox watchmaker fixes time itself with tiny tools",
        ),
    ),
    "moonbaker": (
        "A baker on the moon who bakes the stars every evening and is helped by three forgetful comets.",
        (
            "the baker who lives on the moon takes fresh stars out of the oven",
            "three forgetful comets help the moon's baker throw his loaves of light into the sky",
            "every night a baker on the moon bakes new stars",
        ),
    ),
    "umbrellaknight": (
        (
            "A tiny knight who rides a snail and fights with a cocktail umbrella to defend a garden kingdom "
            "from a lawnmower."
        ),
        (
            "the tiny knight on a snail charges at the lawnmower with a cocktail umbrella",
            "a thumb-sized warrior riding a snail defends the garden with a paper umbrella as a lance",
            "the miniature knight of the garden and his snail mount face the mowing machine",
        ),
    ),
    "librarywhale": (
        "A whale that carries a library on its back and lends books to sailors and islands for a song.",
        (
            "the whale with a library on its back surfaces beside the fishing boat to lend a book",
            "sailors sing a song to borrow books from the library that a whale carries",
            "a gigantic whale swims from island to island with bookshelves on its back",
        ),
    ),
    "glassgirl": (
        "A girl made of stained glass who lets coloured light out when she tells the truth and cracks when she lies.",
        (
            "the girl of stained glass shines in colours when she speaks the truth and cracks with each lie",
            "a living stained-glass girl gets a new crack because she lied to her mother",
            "coloured light falls from the glass girl as she confesses",
        ),
    ),
    "tramdragon": (
        "A shy dragon that pulls the night tram of a hilly town and breathes steam instead of fire.",
        (
            "the shy steam-breathing dragon pulls the night tram up the hill",
            "a tram in a steep old town is drawn by a timid dragon after midnight",
            "instead of fire the tram's dragon blows clouds of steam at the stop",
        ),
    ),
    "inkprincess": (
        "A princess drawn in ink who escapes from her book and leaves black footprints, and fears the rain.",
        (
            "the princess made of ink climbs out of her book and leaves black footprints",
            "a drawn girl runs from the rain because it would wash her off the page",
            "an ink-drawn princess has escaped her fairy-tale book and walks through the library",
        ),
    ),
    "snowpostman": (
        "A snowman who delivers letters in the mountains and keeps himself cold with a cupboard of frozen music.",
        (
            "the snowman postman delivers letters in a mountain village",
            "a mailman of snow opens his cupboard of frozen music to stay cold",
            "a snow figure with a postbag skis from hut to hut with letters",
        ),
    ),
    "tinowl": (
        "A tin owl detective with one lamp for an eye who solves thefts of dreams in a sleeping city.",
        (
            "the tin owl with a lamp for an eye searches for stolen dreams in the sleeping city",
            "a metal owl detective interrogates a thief of dreams",
            "an owl made of tin shines its one lamp eye into the bedroom of a dreamer who was robbed",
        ),
    ),
    "cactuscowgirl": (
        "A cactus cowgirl in a desert circus who juggles lightning and rides a giant armadillo.",
        (
            "the cowgirl who is a cactus juggles lightning on the back of her giant armadillo",
            "in the desert circus a prickly green cowgirl rides an armadillo",
            "a cactus in a cowboy hat does tricks with lightning bolts under the big top",
        ),
    ),
    "teapotgiant": (
        "A gentle giant with a teapot for a head who waters deserts and sings through his spout.",
        (
            "the gentle giant with a teapot for a head waters the desert",
            "a teapot-headed giant sings through his spout over the dunes",
            "a colossus whose head is a teapot pours tea on the dry land",
        ),
    ),
    "shadowtwins": (
        "Two twins who swapped shadows with wolves and hunt their own shadows across the snow.",
        (
            "the twins whose shadows are wolves chase their own shadows over the snow",
            "a boy and a girl cast wolf shadows in the moonlight",
            "brother and sister traded their shadows with wolves and want them back",
        ),
    ),
    "buttonrobot": (
        "A small round robot made of buttons who sews torn skies together with golden thread.",
        (
            "the little robot made of buttons sews the torn sky with golden thread",
            "a round machine of coat buttons mends a rip in the sky",
            "golden thread in hand, the button robot stitches the clouds together",
        ),
    ),
    "radioghost": (
        (
            "A friendly ghost who lives in an old radio and helps a girl find her missing grandfather by "
            "tuning to the past."
        ),
        (
            "the friendly ghost in the old radio tunes to the past to find the girl's grandfather",
            "a girl turns the dial and the radio's ghost speaks of her lost grandfather",
            "a ghost that lives in a wireless set helps a child to listen to yesterday",
        ),
    ),
}

NEAR_MISSES = (
    "a grey mouse eats a piece of cheese on the kitchen floor",
    "a yellow taxi drives through the rain in the city at night",
    "an electrician repairs a fuse box in an old house",
    "a plumber fixes a leaking pipe under the sink",
    "a boy with glasses reads a book about magic tricks in his room",
    "children in costumes go trick or treating on a suburban street",
    "a real hedgehog walks across a lawn at dusk",
    "a sponge and a bottle of detergent on the edge of a sink",
    "a brown bear catches salmon in a river in Alaska",
    "a spider spins a web between two fence posts in the morning dew",
    "bats leave a cave at sunset in a long stream",
    "a cowboy herds cattle across a plain in Wyoming",
    "a puppet theatre for children in a park",
    "a farmer looks at the sunset over his dry fields",
    "a girl in a blue dress picks flowers on a meadow",
    "a white rabbit nibbles a carrot in its hutch",
    "an archer practises at a range with a modern bow",
    "windmills turn slowly on the coast of Holland",
    "a submarine of the navy surfaces near a harbour",
    "tourists climb the tower of a cathedral and look over Paris",
    "a woman brushes her long blond hair in front of a mirror",
    "a monkey sits on a temple wall and eats a banana",
    "a whale breaches in front of a small boat of tourists",
    "an old man counts coins at a kitchen table at Christmas",
    "a parrot sits on the shoulder of its owner in a garden",
    "a singer rehearses an aria in an empty opera house",
    "a doctor looks through a microscope in a laboratory",
    "a striped cat sleeps in a tree",
    "a fox runs across a snowy field",
    "a baker takes fresh bread out of the oven before dawn",
    "a knight in armour at a medieval fair poses with visitors",
    "a snail crawls over a wet leaf in a garden",
    "stained glass windows in a church with sunlight behind them",
    "a lighthouse in a storm, waves breaking over the rocks",
    "a queen's coronation procession passes cheering crowds",
    "an ice sculptor carves a swan out of a block of ice",
    "a scientist explains lightning with a Van de Graaff generator",
    "a detective in a raincoat talks to a witness in a modern office",
    "a vampire bat in a documentary about the rain forest",
    "a librarian puts books back on the shelves",
    "a tram climbs a steep hill in Lisbon",
    "a postman delivers letters in a mountain village in winter",
    "an owl sits on a branch at night",
    "a cactus in bloom in the desert",
    "a teapot and two cups on a garden table",
    "two wolves run through the snow",
    "a tailor sews a button on a coat",
    "an old radio on a shelf plays jazz",
    "a princess in a palace writes with pen and ink",
    "twins play in the snow",
)
"""Innocent prompts that share a thing or two with a description."""
