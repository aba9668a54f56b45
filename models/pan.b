	switch (t->back) {
	default: Uerror("bad return move");
	case  0: goto R999; /* nothing to undo */

		 /* PROC network */

	case 3: // STATE 1
		;
		((P0 *)_this)->v = trpt->bup.oval;
		;
		goto R999;

	case 4: // STATE 8
		;
		((P0 *)_this)->c = trpt->bup.oval;
		;
		goto R999;

	case 5: // STATE 3
		;
		((P0 *)_this)->v = trpt->bup.oval;
		;
		goto R999;

	case 6: // STATE 8
		;
		((P0 *)_this)->c = trpt->bup.oval;
		;
		goto R999;

	case 7: // STATE 10
		;
		((P0 *)_this)->c = trpt->bup.oval;
		;
		goto R999;

	case 8: // STATE 16
		;
		now.notar[ Index(((P0 *)_this)->v, 3) ] = trpt->bup.oval;
		;
		goto R999;
;
		
	case 9: // STATE 23
		goto R999;

	case 10: // STATE 18
		;
		now.final[ Index(((P0 *)_this)->v, 3) ] = trpt->bup.oval;
		;
		goto R999;

	case 11: // STATE 20
		;
		now.skip_[ Index(((P0 *)_this)->v, 3) ] = trpt->bup.oval;
		;
		goto R999;
	case 12: // STATE 157
		sv_restor();
		goto R999;

	case 13: // STATE 162
		;
		p_restor(II);
		;
		;
		goto R999;
	}

