/* forms: what a value looks like, and what it does not. */
#include "diff/forms.h"

#include "support/unit_guard.h"

#include <criterion/criterion.h>

#define T (1u << FORM_TIMESTAMP)
#define U (1u << FORM_UUID)
#define N (1u << FORM_NUMBER)
#define H (1u << FORM_HEX)
#define K (1u << FORM_TOKEN)

static const struct {
	const char *value;
	unsigned forms;
} cases[] = {
	/* RFC 3339 and its like */
	{ "2024-02-29T23:59:60Z", T },
	{ "2024-02-29t23:59:59.123456z", T },
	{ "2024-02-29T23:59:59+05:30", T },
	{ "2024-02-29 23:59:59", T },
	{ "2024-02-29 23:59:59,123 +0000", T },
	{ "2024-02-29 23:59:59 UTC", T },
	{ "2024-02-29T23:59", T },
	{ "2024-02-29", T },
	{ "\"2024-02-29\"", T },
	{ "2024-13-01", 0 },
	{ "2024-00-01", 0 },
	{ "2024-01-32", 0 },
	{ "2024-01-01T24:00:00Z", 0 },
	{ "2024-01-01T00:60:00Z", 0 },
	{ "2024-01-01T00:00:00.Z", 0 },
	{ "2024-01-01T00:00:00Z!", 0 },
	{ "2024-01-01T", 0 },
	{ "24-01-01", 0 },
	/* HTTP's dates */
	{ "Sun, 06 Nov 1994 08:49:37 GMT", T },
	{ "Sunday, 06-Nov-94 08:49:37 GMT", T },
	{ "Sun Nov  6 08:49:37 1994", T },
	{ "Sun, 6 Nov 1994 08:49:37 +0100", T },
	{ "Sun, 06 Nov 1994 08:49 GMT", 0 },
	{ "Son, 06 Nov 1994 08:49:37 GMT", 0 },
	{ "Sun, 06 Nox 1994 08:49:37 GMT", 0 },
	{ "Sun", 0 },
	/* Unix times */
	{ "946684799", N | H },
	{ "946684800", T | N | H },
	{ "1700000000", T | N | H },
	{ "1700000000.25", T | N },
	{ "1700000000123", T | N | H },
	{ "4102444800", N | H },
	{ "4102444799999", T | N | H },
	{ "17000000001234", N | H },
	/* numbers */
	{ "0", N },
	{ "-12.5e-3", N },
	{ "1E400", N },
	{ "+1", 0 },
	{ "1.", 0 },
	{ ".5", 0 },
	{ "-", 0 },
	{ "01", 0 },
	{ "1e", 0 },
	{ "NaN", 0 },
	/* UUIDs */
	{ "123e4567-e89b-12d3-a456-426614174000", U | K },
	{ "123E4567-E89B-12D3-A456-426614174000", U | K },
	{ "{123e4567-e89b-12d3-a456-426614174000}", U },
	{ "urn:uuid:123e4567-e89b-12d3-a456-426614174000", U },
	{ "{123e4567-e89b-12d3-a456-426614174000", 0 },
	{ "123e4567-e89b-12d3-a456-42661417400", K },
	{ "123e4567-e89b-12d3-a456-42661417400g", K },
	/* hex */
	{ "deadbeef", H },
	{ "0xDEADBEEF", H },
	{ "deadbee", 0 },
	{ "deadbeeg", 0 },
	{ "0123456789abcdef0123456789abcdef", H | K },
	{ "\"5f0c9a7e1b\"", H },
	/* tokens */
	{ "abcdefghijklmno1", K },
	{ "abcdefghijklmno", 0 },
	{ "abcdefghijklmnop", 0 },
	{ "1234567890123456", N | H },
	{ "YWJjZGVmZ2hpamts0/+aaa==", K },
	{ "YWJjZGVmZ2hpamts0\\/aaa=", K },
	{ "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP-mB92K27", K },
	{ "YWJjZGVmZ2hpamts0/-aaa", 0 },
	{ "YWJjZGVmZ2hpamts0===", 0 },
	{ "YWJjZGVmZ2hp=mts0aaa", 0 },
	{ "a sentence of 4 words and more", 0 },
	{ "", 0 },
	{ "\"\"", 0 },
	{ "\"", 0 },
	{ "hello", 0 },
};

Test(forms, what_a_value_looks_like)
{
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct slice value = guard_copy(slice_str(cases[i].value));
		cr_expect_eq(forms_of(value), cases[i].forms, "'%s': %#x, not %#x", cases[i].value, forms_of(value), cases[i].forms);
		for (unsigned f = 0; f < FORMS; f++)
			cr_expect_eq(form_fits((enum known_form)f, value), (cases[i].forms >> f & 1) != 0, "'%s' as %s", cases[i].value,
			             form_names[f]);
		unsigned first = 0;
		while (first < FORMS && !(cases[i].forms >> first & 1))
			first++;
		const char *name = forms_name(cases[i].forms);
		cr_expect(name == (first < FORMS ? form_names[first] : NULL), "'%s'", cases[i].value);
		guard_free(value);
	}
}

Test(forms, every_beginning_of_a_value_is_read_within_its_bounds)
{
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		for (size_t n = 0; n < strlen(cases[i].value); n++) {
			struct slice value = guard_copy(slice_of(cases[i].value, n));
			cr_expect_lt(forms_of(value), 1u << FORMS);
			guard_free(value);
		}
}

Test(forms, a_nul_byte_belongs_to_no_form)
{
	cr_expect_eq(forms_of(slice_of("deadbeef\0", 9)), 0);
	cr_expect_eq(forms_of(slice_of("\0abcdefghijklmno1", 17)), 0);
}

Test(forms, what_several_values_have_in_common)
{
	cr_expect_str_eq(forms_name(forms_of(slice_str("12345678")) & forms_of(slice_str("1234abcd"))), "hex");
	cr_expect_str_eq(forms_name(forms_of(slice_str("1700000000")) & forms_of(slice_str("17"))), "number");
	cr_expect_null(forms_name(forms_of(slice_str("1700000000")) & forms_of(slice_str("soon"))));
}
