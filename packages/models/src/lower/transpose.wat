;; A block of a kernel with its axes turned: [taps][columns][rows] to [rows][columns][taps], each row times its number of
;; scale, in float64 and rounded once.
;;
;; Compiled by scripts/compileWat.mjs into transpose.wasm.ts.
(module
  (memory (export "memory") 25)

  ;; Four rows at a time: their numbers lie side by side in the source. Where rows are no multiple of four, what lies behind
  ;; is read too, and up to three rows more are written.
  (func (export "transpose")
    (param $rows i32) (param $columns i32) (param $taps i32)
    (param $scale i32) (param $source i32) (param $target i32)
    (local $pitch i32) (local $tap i32) (local $width i32)
    (local $i i32) (local $j i32) (local $column i32) (local $from i32)
    (local $first i32) (local $second i32) (local $third i32) (local $fourth i32)
    (local $low v128) (local $high v128) (local $numbers v128)
    ;; Bytes from column to column and from tap to tap in the source, from row to row in the target.
    (local.set $pitch (i32.shl (local.get $rows) (i32.const 2)))
    (local.set $tap (i32.mul (local.get $columns) (local.get $pitch)))
    (local.set $width (i32.shl (i32.mul (local.get $columns) (local.get $taps)) (i32.const 2)))
    (loop $fourRows
      (local.set $low (v128.load (local.get $scale)))
      (local.set $high (v128.load offset=16 (local.get $scale)))
      (local.set $first (local.get $target))
      (local.set $second (i32.add (local.get $first) (local.get $width)))
      (local.set $third (i32.add (local.get $second) (local.get $width)))
      (local.set $fourth (i32.add (local.get $third) (local.get $width)))
      (local.set $target (i32.add (local.get $fourth) (local.get $width)))
      (local.set $column (local.get $source))
      (local.set $i (local.get $columns))
      (loop $eachColumn
        (local.set $from (local.get $column))
        (local.set $j (local.get $taps))
        (loop $eachTap
          (local.set $numbers (v128.load (local.get $from)))
          (local.set $numbers
            (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
              (f32x4.demote_f64x2_zero
                (f64x2.mul (local.get $low) (f64x2.promote_low_f32x4 (local.get $numbers))))
              (f32x4.demote_f64x2_zero
                (f64x2.mul (local.get $high)
                  (f64x2.promote_low_f32x4
                    (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15
                      (local.get $numbers) (local.get $numbers)))))))
          (v128.store32_lane 0 (local.get $first) (local.get $numbers))
          (v128.store32_lane 1 (local.get $second) (local.get $numbers))
          (v128.store32_lane 2 (local.get $third) (local.get $numbers))
          (v128.store32_lane 3 (local.get $fourth) (local.get $numbers))
          (local.set $first (i32.add (local.get $first) (i32.const 4)))
          (local.set $second (i32.add (local.get $second) (i32.const 4)))
          (local.set $third (i32.add (local.get $third) (i32.const 4)))
          (local.set $fourth (i32.add (local.get $fourth) (i32.const 4)))
          (local.set $from (i32.add (local.get $from) (local.get $tap)))
          (br_if $eachTap (local.tee $j (i32.sub (local.get $j) (i32.const 1)))))
        (local.set $column (i32.add (local.get $column) (local.get $pitch)))
        (br_if $eachColumn (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
      (local.set $source (i32.add (local.get $source) (i32.const 16)))
      (local.set $scale (i32.add (local.get $scale) (i32.const 32)))
      (br_if $fourRows
        (i32.gt_s (local.tee $rows (i32.sub (local.get $rows) (i32.const 4))) (i32.const 0))))))
