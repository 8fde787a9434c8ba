/* read_pcap: reads every packet of a capture and does nothing with it: what any offline capture must cost at least.
 *
 *   read_pcap FILE */
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	char why[PCAP_ERRBUF_SIZE] = "usage: read_pcap FILE";
	pcap_t *p = argc == 2 ? pcap_open_offline(argv[1], why) : NULL;
	if (p == NULL) {
		fprintf(stderr, "%s\n", why);
		return 2;
	}
	struct pcap_pkthdr *h;
	const unsigned char *bytes;
	uint64_t packets = 0, size = 0, sum = 0;
	while (pcap_next_ex(p, &h, &bytes) == 1) {
		packets++;
		size += h->caplen;
		sum += h->caplen > 0 ? bytes[h->caplen - 1] : 0;
	}
	pcap_close(p);
	printf("%llu packets, %llu bytes, sum %llu\n", (unsigned long long)packets, (unsigned long long)size, (unsigned long long)sum);
	return 0;
}
