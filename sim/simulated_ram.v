// simulated_ram.v: the memory of the exported computer. Give it contents with
// +memory=FILE, as `make verilog MEMORY=program` writes them ($readmemh).
module simulated_ram #(parameter WORDS = 2, parameter BITS = 1) (
    input clk,
    input f_en, input [BITS-1:0] f_addr, output reg [31:0] f_first, output reg [31:0] f_second,
    input d_en, input d_write, input [BITS-1:0] d_addr, input [31:0] d_w_data,
    output reg [31:0] d_r_data);
  reg [31:0] ram [0:WORDS-1];
  reg [8*1024-1:0] file;
  wire [BITS-1:0] next = f_addr + 1'b1;
  integer at;

  initial begin
    for (at = 0; at < WORDS; at = at + 1) ram[at] = 0;
    if ($value$plusargs("memory=%s", file)) $readmemh(file, ram);
  end

  always @(posedge clk) begin
    if (f_en) begin
      f_first  <= ram[f_addr];
      f_second <= ram[next];
    end
    if (d_en) begin
      d_r_data <= ram[d_addr];
      if (d_write) ram[d_addr] <= d_w_data;
    end
  end
endmodule
