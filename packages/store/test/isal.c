/* Parity by ISA-L: arguments data, parity, shard bytes; data shards on stdin, parity shards on stdout. */
#include <isa-l.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  int data = atoi(argv[1]), parity = atoi(argv[2]), bytes = atoi(argv[3]);
  unsigned char *matrix = malloc((data + parity) * data), *tables = malloc(data * parity * 32);
  unsigned char **shards = malloc((data + parity) * sizeof *shards);
  for (int i = 0; i < data + parity; i++) shards[i] = malloc(bytes);
  for (int i = 0; i < data; i++)
    if (fread(shards[i], 1, bytes, stdin) != (size_t)bytes) return 3;
  gf_gen_cauchy1_matrix(matrix, data + parity, data);
  ec_init_tables(data, parity, matrix + data * data, tables);
  ec_encode_data(bytes, data, parity, tables, shards, shards + data);
  for (int i = data; i < data + parity; i++) fwrite(shards[i], 1, bytes, stdout);
  return 0;
}
