/* nearest: optimal string alignment distance, by rows. */
#include "cli/nearest.h"

#include <string.h>

#define WORD_MAX 64

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t edit_distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	if (n > WORD_MAX || m > WORD_MAX)
		return n + m;
	size_t row[3][WORD_MAX + 1]; /* this line, the one above, the one above that: they take turns */
	for (size_t j = 0; j <= m; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *here = row[i % 3], *above = row[(i + 2) % 3], *above2 = row[(i + 1) % 3];
		here[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t cost = a[i - 1] != b[j - 1];
			here[j] = smaller(smaller(above[j] + 1, here[j - 1] + 1), above[j - 1] + cost);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				here[j] = smaller(here[j], above2[j - 2] + 1);
		}
	}
	return row[n % 3][m];
}

int edit_is_slip(const char *word, size_t distance)
{
	size_t len = strlen(word);
	return distance <= (len < 4 ? 1 : len < 9 ? 2 : 4);
}
