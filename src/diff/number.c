/* number: a decimal taken apart: sign, digits without the zeros round them, the power of ten of the last one. Two numbers are equal when all three are. */
#include "diff/number.h"

#include "diff/json_hash.h"

#include <math.h>

#define EXPONENT_DIGITS 17 /* of more an int64 might not hold what comes of it: such exponents compare as written */
#define SHORT_DIGITS    18 /* fit an uint64 with room to spare */
#define WIDE_DIGITS     36 /* fit 128 bits likewise */

struct decimal {
	bool negative, zero;
	bool monstrous;               /* the exponent is out of all bounds: `power` lacks it */
	struct slice whole, fraction; /* the digits as written, on both sides of the point */
	size_t from, end;             /* which of both together count */
	int64_t power;                /* of ten, for the last digit that counts */
	bool exponent_negative;
	struct slice exponent; /* without leading zeros */
};

static struct slice take_digits(struct slice *rest)
{
	size_t n = 0;
	while (n < rest->len && rest->ptr[n] >= '0' && rest->ptr[n] <= '9')
		n++;
	struct slice digits = slice_cut(*rest, 0, n);
	*rest = slice_from(*rest, n);
	return digits;
}

static bool take_byte(struct slice *rest, uint8_t byte)
{
	if (rest->len == 0 || rest->ptr[0] != byte)
		return false;
	*rest = slice_from(*rest, 1);
	return true;
}

static inline unsigned digit_at(const struct decimal *d, size_t i)
{
	return (unsigned)((i < d->whole.len ? d->whole.ptr[i] : d->fraction.ptr[i - d->whole.len]) - '0');
}

static void read_exponent(struct decimal *d, struct slice rest)
{
	d->exponent_negative = take_byte(&rest, '-');
	if (!d->exponent_negative)
		(void)take_byte(&rest, '+');
	while (rest.len > 1 && rest.ptr[0] == '0')
		rest = slice_from(rest, 1);
	d->exponent = take_digits(&rest);
	d->monstrous = d->exponent.len > EXPONENT_DIGITS;
	int64_t value = 0;
	for (size_t i = 0; i < d->exponent.len && !d->monstrous; i++)
		value = value * 10 + (d->exponent.ptr[i] - '0');
	d->power += d->exponent_negative ? -value : value;
}

static struct decimal read_decimal(struct slice n)
{
	struct decimal d = { .negative = take_byte(&n, '-') };
	d.whole = take_digits(&n);
	if (take_byte(&n, '.'))
		d.fraction = take_digits(&n);
	size_t all = d.whole.len + d.fraction.len;
	d.end = all;
	while (d.from < d.end && digit_at(&d, d.from) == 0)
		d.from++;
	while (d.end > d.from && digit_at(&d, d.end - 1) == 0)
		d.end--;
	d.zero = d.from == d.end;
	d.power = (int64_t)(all - d.end) - (int64_t)d.fraction.len;
	if (take_byte(&n, 'e') || take_byte(&n, 'E'))
		read_exponent(&d, n);
	return d;
}

static bool same_digits(const struct decimal *a, const struct decimal *b)
{
	if (a->end - a->from != b->end - b->from)
		return false;
	for (size_t i = 0; i < a->end - a->from; i++)
		if (digit_at(a, a->from + i) != digit_at(b, b->from + i))
			return false;
	return true;
}

bool number_equal(struct slice a, struct slice b)
{
	if (slice_eq(a, b))
		return true;
	struct decimal x = read_decimal(a), y = read_decimal(b);
	if (x.zero || y.zero)
		return x.zero && y.zero;
	if (x.negative != y.negative || x.monstrous != y.monstrous || x.power != y.power)
		return false;
	if (x.monstrous && (x.exponent_negative != y.exponent_negative || !slice_eq(x.exponent, y.exponent)))
		return false;
	return same_digits(&x, &y);
}

static uint64_t short_value(const struct decimal *d)
{
	uint64_t value = 0;
	for (size_t i = d->from; i < d->end && i < d->from + SHORT_DIGITS; i++)
		value = value * 10 + digit_at(d, i);
	return value;
}

static uint64_t hash_parts(bool negative, uint64_t digits, int64_t power)
{
	return json_hash_tail(json_hash_word(negative ? ~JSON_HASH_NUMBER : JSON_HASH_NUMBER, digits), (uint64_t)power, 8);
}

static uint64_t hash_any(struct slice n)
{
	struct decimal d = read_decimal(n);
	if (d.zero)
		return hash_parts(false, 0, 0);
	if (d.end - d.from <= SHORT_DIGITS && !d.monstrous)
		return hash_parts(d.negative, short_value(&d), d.power);
	struct json_hash_stream s = { .h = JSON_HASH_NUMBER };
	for (size_t i = d.from; i < d.end; i++)
		json_hash_byte(&s, (uint8_t)digit_at(&d, i));
	if (d.monstrous) {
		json_hash_byte(&s, d.exponent_negative ? '-' : '+');
		for (size_t i = 0; i < d.exponent.len; i++)
			json_hash_byte(&s, d.exponent.ptr[i]);
	}
	return hash_parts(d.negative, json_hash_end(&s), d.power);
}

/* Most numbers are short and without exponent: one pass. */
uint64_t number_hash(struct slice n)
{
	if (n.len > SHORT_DIGITS)
		return hash_any(n);
	size_t i = n.len && n.ptr[0] == '-';
	bool negative = i;
	uint64_t value = 0;
	size_t point = n.len;
	for (; i < n.len; i++) {
		unsigned digit = (unsigned)(n.ptr[i] - '0');
		if (digit <= 9)
			value = value * 10 + digit;
		else if (n.ptr[i] == '.')
			point = i + 1;
		else
			return hash_any(n);
	}
	if (value == 0)
		return hash_parts(false, 0, 0);
	int64_t power = -(int64_t)(n.len - point);
	for (; value % 10 == 0; power++)
		value /= 10;
	return hash_parts(negative, value, power);
}

/* Digits as an integer, as if the last one's power of ten were `power`. */
static __int128 scaled(const struct decimal *d, int64_t power)
{
	__int128 value = 0;
	for (size_t i = d->from; i < d->end; i++)
		value = value * 10 + digit_at(d, i);
	for (int64_t p = d->power; p > power && value; p--)
		value *= 10;
	return d->negative ? -value : value;
}

static bool fits(const struct decimal *d, int64_t power)
{
	return d->zero || (int64_t)(d->end - d->from) + (d->power - power) <= WIDE_DIGITS;
}

static long double rough(const struct decimal *d)
{
	size_t n = d->end - d->from, left_out = n > SHORT_DIGITS ? n - SHORT_DIGITS : 0;
	int64_t power = d->power + (int64_t)left_out;
	long double value = (long double)short_value(d);
	if (power)
		value *= powl(10.0L, (long double)power);
	return d->negative ? -value : value;
}

double number_value(struct slice n)
{
	struct decimal d = read_decimal(n);
	if (d.zero)
		return 0;
	if (d.monstrous)
		return d.exponent_negative ? 0 : d.negative ? -HUGE_VAL : HUGE_VAL;
	return (double)rough(&d);
}

bool number_near(struct slice a, struct slice b, double tolerance)
{
	struct decimal x = read_decimal(a), y = read_decimal(b);
	if ((x.monstrous && !x.zero) || (y.monstrous && !y.zero) || !(tolerance > 0))
		return number_equal(a, b);
	/* A tolerance of 0.1 is no 0.1: it may be the last bit off. */
	long double limit = (long double)tolerance * (1 + 1e-15L);
	int64_t power = x.zero ? y.power : y.zero || x.power < y.power ? x.power : y.power;
	long double apart;
	if (fits(&x, power) && fits(&y, power))
		apart = (long double)(scaled(&x, power) - scaled(&y, power)) * powl(10.0L, (long double)power);
	else
		apart = (x.zero ? 0 : rough(&x)) - (y.zero ? 0 : rough(&y));
	if (!isfinite(apart))
		return number_equal(a, b);
	return fabsl(apart) <= limit || number_equal(a, b);
}
