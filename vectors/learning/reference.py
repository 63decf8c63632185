"""A slow second implementation of docs/spec/learning.md, written from the text alone, that makes the vectors here.

Run with Python 3 and numpy: python3 reference.py. It shares no code with the packages; arithmetic is Python integers,
fractions, doubles, and numpy.float32 where the text says f32.
"""
import hashlib
import json
import math
import os
import struct
import unicodedata
from decimal import Decimal, getcontext
from fractions import Fraction

import numpy as np

F = np.float32
HERE = os.path.dirname(os.path.abspath(__file__))


def write(name, value):
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, indent=1)
        file.write("\n")


# Terms ---------------------------------------------------------------------------------------------------------------


def fold(character):
    upper = character.upper()
    base = upper if len(upper) == 1 else character
    return base.lower()[0]


def words(text):
    found, word = [], ""
    for character in text:
        category = unicodedata.category(character)
        if category == "Cf" or 0xFE00 <= ord(character) <= 0xFE0F:
            continue
        if category[0] in "LNM":
            word += fold(character)
        elif word:
            found.append(word)
            word = ""
    return found + [word] if word else found


def bucket(state, points):
    h = state
    for point in points:
        h = ((h ^ point) * 0x01000193) & 0xFFFFFFFF
    h ^= h >> 16
    h = (h * 0x85EBCA6B) & 0xFFFFFFFF
    h ^= h >> 13
    h = (h * 0xC2B2AE35) & 0xFFFFFFFF
    h ^= h >> 16
    return h >> 14


def terms(text):
    counts = {}

    def add(state, string):
        term = bucket(state, [ord(character) for character in string])
        counts[term] = counts.get(term, 0) + 1

    split = words(text)
    for i, word in enumerate(split):
        add(0x811C9DC5, word)
        if i > 0:
            add(0x811C9DC5, split[i - 1] + " " + word)
        padded = " " + word + " "
        for size in (2, 3, 4, 5):
            for start in range(len(padded) - size + 1):
                add(0x9E3779B9, padded[start : start + size])
    return sorted(counts.items())


# Logarithms, rarity, valuation ----------------------------------------------------------------------------------------


def log2_q16(x):
    exponent = x.bit_length() - 1
    mantissa = (x << 25) >> exponent
    fraction = 0
    for _ in range(16):
        mantissa = mantissa * mantissa >> 25
        fraction <<= 1
        if mantissa >= 1 << 26:
            mantissa >>= 1
            fraction |= 1
    return (exponent << 16) + fraction


def rarity(texts, having):
    return 65536 + log2_q16(texts + 1) - log2_q16(having + 1)


def frequencies(rows):
    having = {}
    for row in rows:
        for term, _ in row:
            having[term] = having.get(term, 0) + 1
    return having


def valuation(texts):
    rows = [terms(text) for text in texts]
    having = frequencies(rows)
    vectors = []
    for row in rows:
        products = [(65536 + log2_q16(count)) * rarity(len(texts), having[term]) for term, count in row]
        largest = max(products, default=1)
        weights = [max(1, math.floor(Fraction(127 * p, largest) + Fraction(1, 2))) for p in products]
        vectors.append({"ids": [term for term, _ in row], "weights": weights})
    return vectors


# Lots -----------------------------------------------------------------------------------------------------------------


def tagged_hash(purpose, *parts):
    data = f"commonhold-{purpose}/v1\n".encode()
    for part in parts:
        part = part.encode() if isinstance(part, str) else part
        data += struct.pack(">I", len(part)) + part
    return hashlib.sha256(data).hexdigest()


class Lots:
    def __init__(self, seed):
        words32 = struct.unpack(">8I", bytes.fromhex(seed))
        self.s = [words32[i] ^ words32[i + 4] for i in range(4)]
        if not any(self.s):
            self.s[0] = 1

    def next(self):
        rotl = lambda x, k: ((x << k) | (x >> (32 - k))) & 0xFFFFFFFF
        s = self.s
        result = rotl(s[1] * 5 & 0xFFFFFFFF, 7) * 9 & 0xFFFFFFFF
        t = s[1] << 9 & 0xFFFFFFFF
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotl(s[3], 11)
        return result

    def below(self, bound):
        while True:
            drawn = self.next()
            if drawn < (1 << 32) // bound * bound:
                return drawn % bound

    def permutation(self, size):
        order = list(range(size))
        for i in range(size - 1, 0, -1):
            j = self.below(i + 1)
            order[i], order[j] = order[j], order[i]
        return order


# Training -------------------------------------------------------------------------------------------------------------


def exp_f32(x):
    x = np.maximum(x, F(-87))
    n = np.rint(x * F(1.44269504088896341))
    r = (x - n * F(0.693359375)) - n * F(-2.12194440e-4)
    p = np.full_like(x, F(1.9875691500e-4))
    for c in (1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1):
        p = p * r + F(c)
    p = ((p * r) * r + r) + F(1)
    return p * np.ldexp(F(1), n.astype(np.int32)).astype(F)


def exp_f64(x):
    if x < -745.1332191019411:
        return 0.0
    high_ln2, low_ln2 = float.fromhex("0x1.62e42fee00000p-1"), float.fromhex("0x1.a39ef35793c76p-33")
    n = math.floor(x * (1 / (high_ln2 + low_ln2)) + 0.5)
    high, low = x - n * high_ln2, n * low_ln2
    r = high - low
    t = r * r
    p = [1.66666666666666019037e-01, -2.77777777770155933842e-03, 6.61375632143793436117e-05]
    p += [-1.65339022054652515390e-06, 4.13813679705723846039e-08]
    c = r - t * (p[0] + t * (p[1] + t * (p[2] + t * (p[3] + t * p[4]))))
    return math.ldexp(1 - ((low - (r * c) / (2 - c)) - high), n)


class Regression:
    """Weights of true size row * scale, f32; `lanes` is the number of labels rounded up to a multiple of 16."""

    def __init__(self, rows, classes):
        self.classes, self.lanes = classes, -(-classes // 16) * 16
        self.rows = rows
        self.reset()

    def reset(self):
        self.w = np.zeros((self.rows, self.lanes), F)
        self.bias = np.zeros(self.lanes, F)
        self.scale = 1.0

    def scores(self, row):
        z = np.zeros(self.lanes, F)
        for r, value in row:
            z = z + value * self.w[r]
        return z * F(self.scale) + self.bias

    def step(self, row, label, rate, bias_rate, decay, margin):
        z = self.scores(row)
        z[label] = z[label] - F(margin)
        mass = exp_f32(z - max(z[: self.classes]))
        mass[self.classes :] = F(0)
        sums = np.zeros(4, F)
        for at in range(0, self.lanes, 4):
            sums = sums + mass[at : at + 4]
        error = mass * (F(1) / ((sums[0] + sums[1]) + (sums[2] + sums[3])))
        error[label] = error[label] - F(1)
        self.scale *= 1 - rate * decay
        change = F(rate / self.scale) * error
        for r, value in row:
            self.w[r] = self.w[r] - value * change
        self.bias = self.bias - F(rate * bias_rate) * error


def descend(regression, rows, labels, members, recipe, seed):
    size = len(members)
    epochs = max(recipe["epochs"], min(recipe["mostEpochs"], math.ceil(recipe["leastSteps"] / size)))
    rate = recipe["ratePpm"] / 1e6
    fall = rate / (epochs * size)
    lots = Lots(seed)
    regression.reset()
    for epoch in range(epochs):
        now = rate - fall * (epoch * size)
        for place in lots.permutation(size):
            i = members[place]
            decay, margin = recipe["decayPpm"] / 1e6 / size, recipe["marginPpm"] / 1e6
            regression.step(rows[i], labels[i], now, recipe["biasRatePpm"] / 1e6, decay, margin)
            now -= fall


def probabilities(scores, sharpness):
    best = max(scores)
    mass = [exp_f64(((float(z) - best) * sharpness) / 1024) for z in map(float, scores)]
    total = 0.0
    for m in mass:
        total += m
    return [m / total for m in mass]


def ppm(p):
    return math.floor(p * 1000000 + 0.5)


def calibrate(scores, truths, known):
    def too_sharp(sharpness):
        slope = 0.0
        for row, truth in zip(scores, truths):
            expected = 0.0
            for p, z in zip(probabilities(row, sharpness), row):
                expected += p * float(z)
            slope += float(row[truth]) - expected
        return slope < 0

    if len(truths) < 20:
        return 1024, 500000
    low, high = 256, 4096
    while low < high:
        middle = (low + high) // 2
        if too_sharp(middle):
            high = middle
        else:
            low = middle + 1
    answers = []
    for row, truth in zip(scores, truths):
        mass = probabilities(row, low)
        answers.append((ppm(max(mass)), mass.index(max(mass)) == truth))
    allowed = [1000000]
    for confidence in {c for c, _ in answers}:
        given = [right for c, right in answers if c >= confidence]
        if sum(given) * 1000000 >= known * len(given):
            allowed.append(confidence)
    return low, max(500000, min(allowed))


def train(examples, labels, recipe, seed):
    counted = [terms(text) for text, _ in examples]
    having = frequencies(counted)
    ids = sorted(having)
    row_of = {term: row for row, term in enumerate(ids)}
    rows = []
    for row in counted:
        weights = [(65536 + log2_q16(n)) * rarity(len(examples), having[t]) / 4294967296 for t, n in row]
        squares = 0.0
        for weight in weights:
            squares += weight * weight
        length = math.sqrt(squares)
        rows.append([(row_of[t], F(float(F(w)) / length)) for (t, _), w in zip(row, weights)])
    numbers = [labels.index(label) for _, label in examples]
    regression = Regression(len(ids), len(labels))
    order = Lots(tagged_hash("training", seed, "parts")).permutation(len(examples))
    scores, truths = [], []
    for part in range(recipe["calibrationParts"]):
        if len(truths) >= min(recipe["calibrationItems"], len(examples) - 1):
            break
        unseen = [e for i, e in enumerate(order) if i % recipe["calibrationParts"] == part]
        rest = [e for i, e in enumerate(order) if i % recipe["calibrationParts"] != part]
        if not unseen or not rest:
            continue
        descend(regression, rows, numbers, rest, recipe, tagged_hash("training", seed, f"part-{part}"))
        scores += [regression.scores(rows[e])[: len(labels)] for e in unseen]
        truths += [numbers[e] for e in unseen]
    sharpness, threshold = calibrate(scores, truths, recipe["knownPpm"])
    descend(regression, rows, numbers, list(range(len(examples))), recipe, tagged_hash("training", seed, "release"))
    final = (regression.w.astype(np.float64) * regression.scale).astype(F)[:, : len(labels)]
    scales = [F(float(max(abs(column))) / 127) for column in final.T]
    steps = bytearray()
    for row in final:
        for weight, scale in zip(row, scales):
            step = 0 if scale == 0 else math.floor(float(weight) / float(scale) + 0.5)
            steps += struct.pack("b", max(-127, min(127, step)))
    header = json.dumps(recipe, sort_keys=True, separators=(",", ":")).encode()
    out = b"commonhold-classifier/v1\n" + struct.pack(">I", len(header)) + header + struct.pack(">I", len(labels))
    for label in labels:
        out += struct.pack(">I", len(label.encode())) + label.encode()
    out += struct.pack(">III", len(examples), sharpness, threshold)
    for c in range(len(labels)):
        out += struct.pack(">Iff", numbers.count(c), scales[c], regression.bias[c])
    out += struct.pack(">I", len(ids))
    for term in ids:
        out += struct.pack(">II", term, having[term])
    return out + bytes(steps)


# Gate -----------------------------------------------------------------------------------------------------------------


def tail(trials, successes, share):
    return sum(
        (math.comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(max(0, successes), trials + 1)),
        Fraction(0),
    )


def refresh(items, gained, lost):
    margin = items // 100
    p = tail(gained + lost + margin, gained + margin, Fraction(1, 2))
    if items < 500:
        promoted = items > 0 and Fraction(lost - gained) <= Fraction(items, 100)
    else:
        promoted = p <= Fraction(5, 100)
    return {"promoted": promoted, "pPpm": math.ceil(p * 1000000)}


def recipe_gate(gained, lost, candidates):
    p = tail(gained + lost, gained, Fraction(1, 2))
    return {"promoted": p <= Fraction(1, 100 * candidates), "pPpm": math.ceil(p * 1000000)}


def wilson(correct, total):
    getcontext().prec = 60
    n, p, z = Decimal(total), Decimal(correct) / Decimal(total), Decimal("1.959964")
    centre = p + z * z / (2 * n)
    spread = z * (p * (1 - p) / n + z * z / (4 * n * n)).sqrt()
    low, high = (centre - spread) / (1 + z * z / n), (centre + spread) / (1 + z * z / n)
    floor, ceil = math.floor(low * 1000000 + Decimal("1e-40")), math.ceil(high * 1000000 - Decimal("1e-40"))
    return {"lowPpm": max(0, floor), "highPpm": min(1000000, ceil)}


# Data -----------------------------------------------------------------------------------------------------------------

TEXTS = [
    "",
    "?!",
    "a",
    "an an",
    "Where is my CARD, please?",
    "¿Dónde está mi TARJETA? ¡ÑANDÚ!",
    "Το ΟΔΟΣ και ο οδός",
    "Straße STRASSE İstanbul ıslak",
    "أين بطاقتي؟ لِلْعَرَبِيَّةِ ٢٠٢٤",
    "مي\u200cخواهم",
    "मेरा कार्ड कहाँ है? हिन्दी में क्‍ष",
    "e\u0301te\u0301 et été",
    "co\u00adoperate 3½ kg x²",
    "𝐀𝐁 𐐀𐐨 😀 ok\ufe0f",
    "我的卡在哪里",
    "tab\tand\nline\u00a0break_under-score",
]

EXAMPLES = [
    ("The lift is stuck on floor three", "repairs"),
    ("Water drips from the kitchen ceiling", "repairs"),
    ("El ascensor no funciona otra vez", "repairs"),
    ("My radiator stays cold all day", "repairs"),
    ("The front door lock is broken", "repairs"),
    ("Se rompió la ventana del baño", "repairs"),
    ("The hall light flickers at night", "repairs"),
    ("Can someone fix the washing machine", "repairs"),
    ("How much is my rent this year", "rent"),
    ("I paid twice in March", "rent"),
    ("¿Cuándo vence el alquiler?", "rent"),
    ("Can I pay the rent in two parts", "rent"),
    ("Please send me a receipt for May", "rent"),
    ("My rent went up, why", "rent"),
    ("Quiero pagar el alquiler con tarjeta", "rent"),
    ("Is the deposit part of the rent", "rent"),
    ("The neighbours play music at night", "noise"),
    ("Too loud upstairs after eleven", "noise"),
    ("Hay mucho ruido en el patio", "noise"),
    ("A dog barks all day next door", "noise"),
    ("Drilling on Sunday again", "noise"),
    ("La música del vecino no me deja dormir", "noise"),
    ("Party noise on floor two", "noise"),
    ("Who handles noise complaints", "noise"),
]

RECIPE = {
    "kind": "classify", "version": 1, "epochs": 5, "leastSteps": 200, "mostEpochs": 9, "ratePpm": 10000000,
    "biasRatePpm": 100000, "decayPpm": 50000, "marginPpm": 3000000, "calibrationParts": 4, "calibrationItems": 1000,
    "knownPpm": 900000,
}  # fmt: skip


def main():
    write(
        "terms.json",
        [
            {"text": text, "words": words(text), "ids": [t for t, _ in terms(text)], "counts": [n for _, n in terms(text)]}
            for text in TEXTS
        ],
    )
    write("valuation.json", {"texts": TEXTS, "vectors": valuation(TEXTS)})
    seeds = ["00" * 32, "01" * 32, tagged_hash("vectors", "lots")]
    lots = []
    for seed in seeds:
        a, b, c = Lots(seed), Lots(seed), Lots(seed)
        drawn = {"seed": seed, "next": [a.next() for _ in range(8)]}
        drawn["below"] = [[bound, b.below(bound)] for bound in (1, 2, 3, 10, 1000, 3000000000, 2**32)]
        drawn["permutation"] = c.permutation(12)
        lots.append(drawn)
    write("lots.json", lots)
    labels = ["noise", "rent", "repairs", "unused"]
    models = []
    for chosen, size, note in ((labels, 24, "three of four labels have examples"), (labels[:3], 5, "too few to calibrate")):
        examples = EXAMPLES[::5][:5] if size == 5 else EXAMPLES
        seed = tagged_hash("vectors", note)
        model = train(examples, chosen, RECIPE, seed)
        models.append(
            {
                "note": note, "seed": seed, "labels": chosen, "recipe": RECIPE,
                "examples": [{"text": text, "label": label} for text, label in examples],
                "bytes": len(model), "head": model[:400].hex(), "modelHash": tagged_hash("model", model),
            }  # fmt: skip
        )
    write("models.json", models)
    cases = [(0, 0, 0), (60, 0, 0), (60, 3, 3), (60, 2, 3), (499, 0, 4), (499, 0, 5), (500, 0, 0), (500, 0, 1), (500, 9, 4)]
    cases += [(1000, 0, 3), (1000, 0, 4), (1000, 10, 10), (1000, 12, 13), (1000, 50, 50), (1000, 60, 40), (1000, 70, 40), (298, 10, 12), (298, 10, 13)]
    write(
        "gate.json",
        {
            "refresh": [{"items": n, "gained": g, "lost": l, **refresh(n, g, l)} for n, g, l in cases],
            "recipe": [
                {"gained": g, "lost": l, "candidates": k, **recipe_gate(g, l, k)}
                for g, l, k in [(0, 0, 1), (7, 0, 1), (6, 0, 1), (9, 0, 5), (8, 0, 5), (30, 12, 1), (40, 25, 1), (3, 9, 1)]
            ],
            "wilson": [
                {"correct": k, "total": n, **wilson(k, n)}
                for k, n in [(0, 1), (1, 1), (0, 10), (8, 10), (10, 10), (45, 60), (2820, 3080), (500000, 1000000)]
            ],
        },
    )


main()
